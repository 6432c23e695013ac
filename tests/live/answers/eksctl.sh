# shellcheck shell=bash
# What the tests of the eksctl plugin have tools answer: see tests/live/record.

answers_eksctl() {
    result 1 "nothing is recorded yet"
}
