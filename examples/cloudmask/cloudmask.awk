# SPDX-License-Identifier: Apache-2.0
# What the steps of the cloud mask experiment share. Plain awk: every awk finds the same numbers.
#
# A pixel is one line of ten fields: 1 for cloud or 0 for clear, then its nine channels.

# A random number in (0, 1): the generator of Park and Miller. Set `state` with seed() first.
function random() {
    state = (16807 * state) % 2147483647
    return state / 2147483647
}

# Neighbouring seeds begin far apart.
function seed(number,    i) {
    state = (number * 7919 + 104729) % 2147483646 + 1
    for (i = 0; i < 10; i++) random()
}

# Noise around 0, nearly normal, with the given standard deviation.
function noise(deviation) {
    return deviation * (random() + random() + random() + random() - 2) * 1.732
}

# e to the power of x, for awks that come without mathematics: e^(x/1024) by its series, squared ten times.
function exponential(x,    power, i) {
    x /= 1024
    power = 1 + x + x * x / 2
    for (i = 0; i < 10; i++) power *= power
    return power
}

# The logistic function: turns a weighted sum of channels into the probability that the pixel is cloud.
function logistic(sum) {
    if (sum > 20) sum = 20
    if (sum < -20) sum = -20
    return 1 / (1 + exponential(-sum))
}

# Tells dagtop how far this step is. Whatever key=value follows becomes a metric of the node.
function report(progress, metrics) {
    printf "# cloudmesh status=running progress=%d %s\n", progress, metrics
    fflush()
}
