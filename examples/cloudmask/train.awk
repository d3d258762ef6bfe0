# SPDX-License-Identifier: Apache-2.0
# Gradient descent on the logistic loss. weight[1] is the bias, weight[2] to weight[10] belong to the channels.

{
    truth[NR] = $1
    for (i = 2; i <= 10; i++) channel[10 * NR + i] = $i
}

END {
    seed(start)
    for (i = 1; i <= 10; i++) weight[i] = noise(1)
    for (epoch = 1; epoch <= epochs; epoch++) {
        one_epoch()
        report(100 * epoch / epochs, sprintf("epoch=%d loss=%.4f accuracy=%.4f", epoch, loss, accuracy))
    }
    for (i = 1; i <= 10; i++) print weight[i] >"weights.txt"
    printf "rate=%s seed=%s epochs=%d loss=%.4f\n", rate, start, epochs, loss >"summary.txt"
}

# Goes over all pixels once, then takes one step down the mean gradient. Sets loss and accuracy.
# The loss is minus the logarithm of all the likelihoods multiplied: it counts how often their product is halved.
function one_epoch(    n, i, sum, probability, error, gradient, right, product, halvings) {
    for (i = 1; i <= 10; i++) gradient[i] = 0
    right = halvings = 0
    product = 1
    for (n = 1; n <= NR; n++) {
        sum = weight[1]
        for (i = 2; i <= 10; i++) sum += weight[i] * channel[10 * n + i]
        probability = logistic(sum)
        error = probability - truth[n]
        gradient[1] += error
        for (i = 2; i <= 10; i++) gradient[i] += error * channel[10 * n + i]
        right += (probability > 0.5) == truth[n]
        for (product *= 1 - (error < 0 ? -error : error); product < 0.5; product *= 2) halvings++
    }
    for (i = 1; i <= 10; i++) weight[i] -= rate * gradient[i] / NR
    loss = halvings * 0.693147 / NR
    accuracy = right / NR
}
