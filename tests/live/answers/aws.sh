# shellcheck shell=bash
# What the tests of the aws plugin have tools answer: see tests/live/record.

answers_aws() {
    result 1 "nothing is recorded yet"
}
