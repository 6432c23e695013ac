# shellcheck shell=bash
# What the tests of the kubectl plugin have tools answer: see tests/live/record.

answers_kubectl() {
    result 1 "nothing is recorded yet"
}
