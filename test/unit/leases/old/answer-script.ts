/**
 * The end of the bash script of a process that holds something: it answers beats, and lives `$hold` seconds without one.
 *
 * @param giveBack commands that give back what is held, when that is asked for
 */
export function answerUntilReleased(giveBack: string): string {
  return `while IFS= read -r -t "$hold" line; do
  case $line in
    beat\\ *) printf 'alive %s\\n' "\${line#beat }" ;;
    release) ${giveBack}; echo released; exit 0 ;;
  esac
done`;
}
