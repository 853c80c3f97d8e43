/* Counts the primes below a number: the small project that the test farm builds on every architecture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long primes_below(unsigned long limit)
{
    char *composite = calloc(limit, 1);
    unsigned long found = 0;

    if (composite == NULL)
        return 0;
    for (unsigned long n = 2; n < limit; n++) {
        if (composite[n])
            continue;
        found++;
        for (unsigned long multiple = n * 2; multiple < limit; multiple += n)
            composite[multiple] = 1;
    }
    free(composite);
    return found;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s %s\n", PACKAGE_NAME, PACKAGE_VERSION);
        return 0;
    }
    if (argc != 2) {
        fprintf(stderr, "usage: primes LIMIT | --version\n");
        return 2;
    }
    printf("%lu\n", primes_below(strtoul(argv[1], NULL, 10)));
    return 0;
}
