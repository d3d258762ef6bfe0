# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent's awk programs: they read records and search logs, one process for all nodes.
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# Encoding, records, and the two slots in which `seen` is kept: the newer one that has its end mark counts.
dagtop_awk_common='
function encode(text,    i, letter, result) {
    if (text !~ /[%\001-\037\177]/) return substr(text, 1, 8192)
    if (!(1 in hex)) { for (i = 1; i < 128; i++) hex[i] = 1; for (i = 1; i < 128; i++) code[sprintf("%c", i)] = sprintf("%%%02X", i) }
    text = substr(text, 1, 8192)
    for (i = 1; i <= length(text); i++) {
        letter = substr(text, i, 1)
        result = result (letter ~ /[%\001-\037\177]/ ? code[letter] : letter)
        if (length(result) > 8189) break
    }
    return result
}
function record(key, field, value) { printf "%s\t%s\t%s\n", key, field, encode(value) }
function read_slot(path,    line, word, value, complete) {
    slot_generation = -1; slot_metrics = 0; slot_offset = slot_inode = slot_skip = slot_open = 0; slot_status = ""
    complete = 0
    while ((getline line < path) > 0) {
        if (line == "end") { complete = 1; break }
        word = line; sub(/ .*/, "", word)
        value = substr(line, length(word) + 2)
        if (word == "generation") slot_generation = value + 0
        else if (word == "offset") slot_offset = value + 0
        else if (word == "inode") slot_inode = value
        else if (word == "skip") slot_skip = value + 0
        else if (word == "open") slot_open = value + 0
        else if (word == "status") slot_status = value
        else if (word == "metric") slot_metric[++slot_metrics] = value
    }
    close(path)
    if (!complete) slot_generation = -1
    return slot_generation
}
function read_seen(prefix,    first) {
    first = read_slot(prefix ".0")
    if (read_slot(prefix ".1") < first) read_slot(prefix ".0")
    return slot_generation
}
'

# Reads the record files. Input: KEY, node directory, attempt number, what is known of the process, mode (poll, scan, all).
# shellcheck disable=SC2016
dagtop_awk_records='
function one_line(key, field, path, always,    line) {
    line = ""
    if ((getline line < path) > 0 && line != "" || always) record(key, field, line)
    close(path)
    return line
}
function whole(key, field, path,    line, text) {
    while ((getline line < path) > 0) text = text (text == "" ? "" : "\n") line
    close(path)
    if (text != "") record(key, field, text)
}
function request(key, path, mode,    line, name, value) {
    while ((getline line < path) > 0) {
        name = line; sub(/=.*/, "", name)
        if (name !~ /^[a-z0-9]+$/ || name == "complete") continue
        if (mode == "scan" && name !~ /^(nonce|kind|time|checksum|parents|host|command|tasks|unfinished|handover|requeued)$/) continue
        value = substr(line, length(name) + 2)
        if (value ~ /^\047.*\047$/) { value = substr(value, 2, length(value) - 2); gsub(/\047\\\047\047/, "\047", value) }
        record(key, "request", name "=" value)
    }
    close(path)
}
# Of a process on another machine a scan speaks too; of one that is here only a poll, which asks for it.
function elsewhere(go,    word) {
    split(go, word, " ")
    if (word[1] != "run" || word[4] ~ /^job-/ || word[3] == ENVIRON["dagtop_scan_machine"]) return "-"
    return "elsewhere " word[3]
}
function attempt(key, directory, number, process, mode,    path, go, final) {
    record(key, "attempt", number)
    if (number + 0 == 0) return
    path = directory "/.dagtop/" number "/"
    request(key, path "request", mode)
    one_line(key, "pid", path "pid")
    one_line(key, "jobid", path "jobid")
    whole(key, "refused", path "refused")
    go = one_line(key, "go", path "go")
    one_line(key, "started", path "started")
    whole(key, "facts", path "facts")
    final = one_line(key, "exit", path "exit")
    final = final one_line(key, "lost", path "lost")
    if (mode == "scan" && final == "") process = elsewhere(go)
    one_line(key, "cancelled", path "cancelled")
    if (process ~ /^elsewhere/) one_line(key, "heartbeat", path "heartbeat")
    if (process != "-") record(key, "process", process)
}
function flags(key, directory, always) {
    one_line(key, "wanted", directory "/.dagtop/wanted", always)
    one_line(key, "held", directory "/.dagtop/held", always)
    one_line(key, "skipped", directory "/.dagtop/skipped", always)
}
'

# Finds which followed files have news. Input: the token; the table of followed files (KEY, kind, final, first, prefix of
# seen, path); the token; sizes of the last look; the token; ls -lLni of the files. Output: the new sizes, the token, then one
# line for each file to search: KEY kind final first seen inode size aligned-offset bytes-to-drop blocks gap path. What lies near
# the beginning of a file is read from there: one process then reads many files.
# shellcheck disable=SC2016
dagtop_awk_sizes='
function consider(i, inode, size,    key, start, gap, count, more, drop, known) {
    key = number[i] " " kind[i]
    if (!first[i] && !final[i] && before[key] == inode ":" size) { sizes[key] = before[key]; return }
    if (read_seen(seen[i]) >= 0) {
        start = slot_offset
        if (slot_inode != inode || start > size || before[key] == "gone") start = 0
        known = 1
    } else { start = size > piece ? size - piece : 0; gap = start }
    if (size - start > 16 * piece) { gap += size - piece - start; start = size - piece }
    count = size - start
    more = count > piece
    if (more) count = piece
    sizes[key] = more ? "again" : inode ":" size
    if (count == 0 && !first[i] && !final[i] && known && before[key] != "" && before[key] != "again") {
        split(before[key], old, ":")
        if (old[2] == size && old[1] == inode) return
    }
    drop = !count ? 0 : start + count <= near ? start : start % 4096
    jobs = jobs number[i] "\t" kind[i] "\t" (final[i] && !more ? 1 : 0) "\t" first[i] "\t" seen[i] "\t" inode "\t" size "\t" \
        sprintf("%d", start - drop) "\t" drop "\t" int((drop + count + 4095) / 4096) "\t" sprintf("%d", gap) "\t" path[i] "\n"
}
BEGIN { FS = "\t"; piece = 16777216; near = 262144; part = 0 }
NR == 1 { token = $0; part = 1; next }
$0 == token { part++; if (part == 3) FS = " "; next }
part == 1 { n++; number[n] = $1; kind[n] = $2; final[n] = $3; first[n] = $4; seen[n] = $5; path[n] = $6; index_of[$6] = index_of[$6] " " n; next }
part == 2 { before[$1 " " $2] = $3; next }
{
    line = $10
    if (NF > 10) {
        line = $0
        for (i = 0; i < 9; i++) { sub(/^ +/, "", line); sub(/^[^ ]+/, "", line) }
        sub(/^ /, "", line)
    }
    if (!(line in index_of)) next
    many = split(index_of[line], which, " ")
    for (k = 1; k <= many; k++) { there[which[k]] = 1; consider(which[k], $1, $6) }
}
END {
    # A status file or log that is not there: the first answer still tells what was seen before it went.
    for (i = 1; i <= n; i++) {
        if (i in there) continue
        key = number[i] " " kind[i]
        if (before[key] != "") sizes[key] = "gone"
        if (first[i] && read_seen(seen[i]) >= 0) jobs = jobs number[i] "\t" kind[i] "\t0\t1\t" seen[i] "\t" slot_inode "\t0\t" sprintf("%d", slot_offset) "\t0\t0\t0\t" path[i] "\n"
    }
    for (key in sizes) {
        split(key, word, " ")
        print word[1] "\t" word[2] "\t" sizes[key]
        if (sizes[key] == "again") again = "again"
    }
    printf "\036%s\036%s", again, jobs
}
'

# Searches pieces of logs for status lines. Input: the mark; for each piece a line MARK + the fields above, then its bytes and
# a newline; or first a line MARK + `queue' + fields for each, then a line MARK + `next' before the bytes of each, and MARK + `last'.
# Output: records; and seen is written anew.
# shellcheck disable=SC2016
dagtop_awk_search='
function metric(name, value) {
    if (length(name) > 128) return
    value = substr(value, 1, 1024)
    if (!(name in metrics)) { if (names >= 256) return; order[++names] = name; metrics[name] = value; changed[name] = 1; return }
    if (metrics[name] != value "") { metrics[name] = value; changed[name] = 1 }
}
function read_pairs(text, dry,    name, value, found) {
    while (match(text, /^[ \t]+[A-Za-z_][A-Za-z0-9_.-]*=/)) {
        name = substr(text, 1, RLENGTH - 1); sub(/^[ \t]+/, "", name)
        text = substr(text, RLENGTH + 1)
        if (match(text, /^"[^"]*"/) || match(text, /^\047[^\047]*\047/)) value = substr(text, 2, RLENGTH - 2)
        else { match(text, /^[^ \t\r]*/); value = substr(text, 1, RLENGTH) }
        text = substr(text, RLENGTH + 1)
        found = 1
        if (dry) return found
        if (name !~ /^(status|progress|pid|time|host|msg)$/) metric(name, value)
    }
    return found
}
function json_value(text, name,    value) {
    if (!match(text, "\"" name "\": *")) return ""
    text = substr(text, RSTART + RLENGTH)
    if (match(text, /^"[^"]*"/)) return substr(text, 2, RLENGTH - 2)
    if (match(text, /^(-?[0-9][0-9.eE+-]*|true|false)/)) return substr(text, 1, RLENGTH)
    return ""
}
function search(line,    at, text, name, value) {
    line = substr(line, 1, 4096)
    if (open && line ~ /^[ \t]+[A-Za-z_][A-Za-z0-9_.-]*=/) {
        status = substr(status " " substr(line, 2), 1, 4096); status_changed = 1
        read_pairs(line)
        return
    }
    open = 0
    if ((at = index(line, "# cloudmesh")) && read_pairs(substr(line, at + 11), 1)) {
        status = substr(line, at); sub(/\r$/, "", status); status_changed = 1; open = 1
        read_pairs(substr(line, at + 11))
    } else if (at = index(line, ":::MLLOG {")) {
        text = substr(line, at)
        name = json_value(text, "key"); value = json_value(text, "value")
        if (name != "" && value != "") metric(name, value)
        value = json_value(text, "epoch_num")
        if (value != "") metric("epoch_num", value)
    }
}
function take(line) {
    bytes += length(line) + 1
    if (drop > 0) {
        if (length(line) + 1 <= drop) { drop -= length(line) + 1; return }
        line = substr(line, drop + 1); drop = 0
    }
    if (skip) { skip = 0; open = 0; return }
    search(line)
}
function begin_piece(    i) {
    key = $2; prefix = $3 == "log" ? "" : $3 "."; final = $4; first = $5; seen = $6; inode = $7; size = $8
    start = $9; drop = $10; blocks = $11; gap = $12
    bytes = 0; names = 0; status = ""; status_changed = 0; split("", metrics); split("", changed); split("", order)
    generation = read_seen(seen)
    skip = open = 0
    if (generation >= 0) {
        status = slot_status
        for (i = 1; i <= slot_metrics; i++) { at = index(slot_metric[i], "="); metric(substr(slot_metric[i], 1, at - 1), substr(slot_metric[i], at + 1)) }
        split("", changed)
        if (slot_offset == start + drop && slot_inode == inode) { skip = slot_skip; open = slot_open }
    }
}
function end_piece(rest,    i, name, text) {
    if (length(rest) >= drop) {
        if (final && length(rest) > drop) { take(rest); bytes-- }
        else if (length(rest) - drop > 4096) { bytes += length(rest); drop = 0; skip = 1; open = 0 }
        else { bytes += drop; drop = 0 }
    }
    if (first || blocks || size == 0) record(key, prefix "size", size)
    if (gap > 0) record(key, prefix "gap", gap)
    if (status != "" && (first || status_changed)) record(key, prefix "status", status)
    text = "generation " (generation + 1) "\ninode " inode "\noffset " sprintf("%d", start + bytes) "\n" \
        (skip ? "skip 1\n" : "") (open ? "open 1\n" : "") (status != "" ? "status " status "\n" : "")
    for (i = 1; i <= names; i++) {
        name = order[i]
        if (first || name in changed) record(key, prefix "metric", name "=" metrics[name])
        text = text "metric " name "=" metrics[name] "\n"
    }
    if (blocks || slot_inode != inode) { slots++; slot_path[slots] = seen "." ((generation + 1) % 2); slot_text[slots] = text "end" }
}
BEGIN { FS = "\t" }
NR == 1 { mark = $0; next }
$1 == mark && $2 == "queue" { queue[++queued] = $0; sub(/\tqueue/, "", queue[queued]); next }
# One line is held back: what stands before the next mark has no end yet.
$1 == mark {
    if (inside) end_piece(held)
    inside = $2 != "end" && $2 != "last"
    have = 0; held = ""
    if ($2 == "last") taken = queued
    if ($2 == "next") $0 = queue[++taken]
    if (inside) begin_piece()
    next
}
{ if (have) take(held); held = $0; have = 1 }
END {
    # Last, because an awk may give up when a disk is full: the answer has been given by then.
    fflush()
    for (i = 1; i <= slots; i++) if (slot_path[i] !~ /^-/) { print slot_text[i] > slot_path[i]; close(slot_path[i]) }
}
'

# Merges changes into the table of watched nodes (agent_watch.sh). Input: the token, the table, the token, changes, the token,
# sizes. Output: the table; the token; a line for each followed file (see dagtop_awk_sizes); the token; their paths.
# shellcheck disable=SC2016
dagtop_awk_merge='
BEGIN { FS = OFS = "\t"; part = 0 }
NR == 1 { token = $0; part = 1; next }
$0 == token { part++; next }
$0 == "" { next }
part == 1 { numbers[++n] = $1; line[$1] = $0; next }
part == 2 { if (!($1 in line) && !($1 in new)) numbers[++n] = $1; new[$1] = $0; next }
$2 == "log" && $3 == "again" { again[$1] = 1 }
function follow(    seen) {
    if ($4 > 0 && $8 > 0)
        table = table $1 "\tlog\t" ($8 == 2) "\t" $9 "\t" $2 "/.dagtop/" $4 "/seen\t" $2 "/.dagtop/" $4 "/log\n"
    if ($4 > 0 && $8 > 0) paths = paths $2 "/.dagtop/" $4 "/log\n"
    if ($3 == "-") return
    seen = $4 > 0 ? $2 "/.dagtop/" $4 "/seen-statusfile" : "-"
    table = table $1 "\tstatusfile\t0\t" $9 "\t" seen "\t" $3 "\n"
    paths = paths $3 "\n"
}
END {
    for (i = 1; i <= n; i++) {
        number = numbers[i]
        fresh = number in new
        $0 = fresh ? new[number] : line[number]
        if (NF < 9) continue
        if (answered && (!fresh || $9 == 1 && number in line && $5 != "new")) {
            $9 = 0
            if (!fresh && $8 == 2 && !(number in again)) $8 = 0
        }
        print
        follow()
        if (length(table) > 4096) { tables[++pieces] = table; path_pieces[pieces] = paths; table = paths = "" }
    }
    printf "\036"
    for (i = 1; i <= pieces; i++) printf "%s", tables[i]
    printf "%s\036", table
    for (i = 1; i <= pieces; i++) printf "%s", path_pieces[i]
    printf "%s", paths
}
'
