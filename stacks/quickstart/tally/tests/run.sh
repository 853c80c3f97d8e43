#!/bin/sh
# Tests a word counter: run.sh PROGRAM REPORT. The report is JUnit XML. Exit code 1 when a test fails.
program=$1
report=$2
total=0
failed=0
cases=""

check() { # NAME INPUT OPTION EXPECTED
    total=$((total + 1))
    found=$(printf "$2" | $program "$3" | tr -d ' ')
    if [ "$found" = "$4" ]; then
        echo "ok   $1"
        cases="$cases<testcase name=\"$1\"/>"
    else
        echo "FAIL $1: expected $4, found $found"
        failed=$((failed + 1))
        cases="$cases<testcase name=\"$1\"><failure message=\"expected $4, found $found\"/></testcase>"
    fi
}

check lines 'one two\nthree\n' -l 2
check words 'one two\nthree\n' -w 3
check bytes 'one two\nthree\n' -c 14
check empty '' -w 0

echo "<testsuite name=\"tally\" tests=\"$total\" failures=\"$failed\">$cases</testsuite>" >"$report"
echo "$total tests, $failed failed"
[ "$failed" -eq 0 ]
