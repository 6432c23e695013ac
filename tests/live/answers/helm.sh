# shellcheck shell=bash
# What the tests of the helm plugin have tools answer: see tests/live/record.

answers_helm() {
    result 1 "nothing is recorded yet"
}
