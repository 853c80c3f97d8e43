/* Counts lines, words and bytes of standard input, as `wc` does: the small project that the quickstart builds. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct counts {
    unsigned long lines, words, bytes;
};

static struct counts count(FILE *in)
{
    struct counts n = {0, 0, 0};
    bool in_word = false;
    int c;

    while ((c = getc(in)) != EOF) {
        n.bytes++;
        if (c == '\n')
            n.lines++;
        if (isspace(c)) {
            in_word = false;
        } else if (!in_word) {
            in_word = true;
            n.words++;
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    struct counts n = count(stdin);

    if (strcmp(what, "-l") == 0)
        printf("%lu\n", n.lines);
    else if (strcmp(what, "-w") == 0)
        printf("%lu\n", n.words);
    else if (strcmp(what, "-c") == 0)
        printf("%lu\n", n.bytes);
    else {
        fprintf(stderr, "usage: tally -l | -w | -c < FILE\n");
        return 2;
    }
    return ferror(stdin) ? 1 : 0;
}
