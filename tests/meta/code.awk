# SPDX-License-Identifier: Apache-2.0
# C without comments and without what stands in strings and characters, line for line: FILE:LINE:code.

FNR == 1 { in_comment = 0 }

{
    rest = $0
    code = ""
    while (rest != "") {
        if (in_comment) {
            end = index(rest, "*/")
            if (!end) break
            rest = substr(rest, end + 2)
            in_comment = 0
        } else if (match(rest, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\//)) {
            code = code substr(rest, 1, RSTART - 1)
            found = substr(rest, RSTART, 2)
            rest = substr(rest, RSTART + RLENGTH)
            if (found == "//") rest = ""
            else if (found == "/*") in_comment = 1
            else code = code "\"\""
        } else {
            code = code rest
            rest = ""
        }
    }
    print FILENAME ":" FNR ":" code
}
