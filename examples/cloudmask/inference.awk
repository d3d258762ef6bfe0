# SPDX-License-Identifier: Apache-2.0
# Reads the weights, then the pixels, and counts how often the model is right.
#   precision: the share of what it calls cloud that is cloud
#   recall: the share of the cloud that it finds

NR == FNR { weight[NR] = $1; next }

{
    sum = weight[1]
    for (i = 2; i <= 10; i++) sum += weight[i] * $i
    says_cloud = logistic(sum) > 0.5
    right += says_cloud == $1
    called += says_cloud
    cloudy += $1
    found += says_cloud && $1
}

END {
    printf "accuracy=%.4f precision=%.4f recall=%.4f\n", right / FNR, share(found, called), share(found, cloudy)
}

function share(part, whole) {
    return whole ? part / whole : 0
}
