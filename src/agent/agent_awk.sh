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
    slot_generation = -1; slot_metrics = 0; slot_offset = slot_inode = slot_skip = slot_open = 0; slot_status = slot_by = ""
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
        else if (word == "by") slot_by = value
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
# the beginning of a file is read from there: one process then reads many files. Of these come the marks and the paths, each
# behind that of the file that stands between them; perhaps several times both.
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
    if (count == 0 && !first[i] && !final[i] && known && slot_by == me && before[key] != "" && before[key] != "again") {
        split(before[key], old, ":")
        if (old[2] == size && old[1] == inode) return
    }
    drop = !count ? 0 : start + count <= near ? start : start % 4096
    job = number[i] "\t" kind[i] "\t" (final[i] && !more ? 1 : 0) "\t" first[i] "\t" seen[i] "\t" inode "\t" size "\t" \
        sprintf("%d", start - drop) "\t" drop "\t" int((drop + count + 4095) / 4096) "\t" sprintf("%d", gap) "\t" path[i] "\n"
    if (between == "" || !count || start + count > near) { jobs = jobs job; return }
    queue = queue "@@" token "\tqueue\t" job
    paths = paths between "\n" path[i] "\n"
    # The list of arguments has its limit.
    if (length(paths) > 65536) end_queue()
}
function end_queue() { queues = queues "\036" queue "\036" paths; queue = paths = "" }
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
        if (before[key] != "" || !first[i]) sizes[key] = "gone"
        if (first[i] && read_seen(seen[i]) >= 0) jobs = jobs number[i] "\t" kind[i] "\t0\t1\t" seen[i] "\t" slot_inode "\t0\t" sprintf("%d", slot_offset) "\t0\t0\t0\t" path[i] "\n"
    }
    for (key in sizes) {
        split(key, word, " ")
        print word[1] "\t" word[2] "\t" sizes[key]
        if (sizes[key] == "again") again = "again"
    }
    end_queue()
    printf "\036%s\036%s%s", again, jobs, queues
}
'

# Searches pieces of logs for status lines. Input: the mark; for each piece a line MARK + the fields above, then its bytes and
# a newline; or first a line MARK + `queue' + fields for each, then a line MARK + `next' before the bytes of each, and MARK + `last'.
# A newline and a line MARK + `more' stand between the parts of a large piece, and belong to nothing.
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
# A whole line; of one that came in several parts only the beginning is there, and the rest counts.
function take(line,    whole) {
    whole = length(line) + rest_cut + 1
    rest_cut = 0
    bytes += whole
    if (drop > 0) {
        if (whole <= drop) { drop -= whole; return }
        line = substr(line, drop + 1); drop = 0
    }
    if (skip) { skip = 0; open = 0; return }
    search(line)
}
function begin_piece(    i) {
    key = $2; prefix = $3 == "log" ? "" : $3 "."; final = $4; first = $5; seen = $6; inode = $7; size = $8
    start = $9; drop = $10; blocks = $11; gap = $12
    bytes = rest_cut = names = 0; status = ""; status_changed = 0; split("", metrics); split("", changed); split("", order)
    generation = read_seen(seen)
    skip = open = 0
    if (generation >= 0) {
        status = slot_status
        for (i = 1; i <= slot_metrics; i++) { at = index(slot_metric[i], "="); metric(substr(slot_metric[i], 1, at - 1), substr(slot_metric[i], at + 1)) }
        split("", changed)
        # What another session has read, it has told to others: all is told.
        if (slot_by != me) first = 1
        if (slot_offset == start + drop && slot_inode == inode) { skip = slot_skip; open = slot_open }
    }
}
function end_piece(rest,    i, name, text, whole) {
    whole = length(rest) + rest_cut
    if (whole >= drop) {
        if (final && whole > drop) { take(rest); bytes-- }
        else if (whole - drop > 4096) { bytes += whole; drop = 0; skip = 1; open = 0 }
        else { bytes += drop; drop = 0 }
    }
    if (first || blocks || size == 0) record(key, prefix "size", size)
    if (gap > 0) record(key, prefix "gap", gap)
    if (status != "" && (first || status_changed)) record(key, prefix "status", status)
    text = "generation " (generation + 1) "\nby " me "\ninode " inode "\noffset " sprintf("%d", start + bytes) "\n" \
        (skip ? "skip 1\n" : "") (open ? "open 1\n" : "") (status != "" ? "status " status "\n" : "")
    for (i = 1; i <= names; i++) {
        name = order[i]
        if (first || name in changed) record(key, prefix "metric", name "=" metrics[name])
        text = text "metric " name "=" metrics[name] "\n"
    }
    if (!blocks && slot_inode == inode && slot_by == me) return
    save(seen "." (generation + 1) % 2, text "end")
    # Both at first, so that the time of their directory rests from then on.
    if (generation < 0) save(seen ".1", text "end")
}
function save(path, text) { slots++; slot_path[slots] = path; slot_text[slots] = text }
BEGIN { FS = "\t" }
NR == 1 { mark = $0; next }
$1 == mark && $2 == "queue" { queue[++queued] = $0; sub(/\tqueue/, "", queue[queued]); next }
# One line is held back: what stands before the next mark has no end yet.
$1 == mark && $2 == "more" {
    rest_cut += length(held) > 8192 ? length(held) - 8192 : 0
    begun = substr(held, 1, 8192)
    have = 0; held = ""
    next
}
$1 == mark {
    if (inside) end_piece(held)
    inside = $2 != "end" && $2 != "last"
    have = 0; held = ""
    if ($2 == "last") taken = queued
    if ($2 == "next") $0 = queue[++taken]
    if (inside) begin_piece()
    next
}
{
    if (have) take(held)
    held = $0
    have = 1
    if (begun == "") next
    if (rest_cut) rest_cut += length(held)
    else held = begun held
    if (rest_cut) held = begun
    begun = ""
}
END {
    # Last, because an awk may give up when a disk is full: the answer has been given by then.
    fflush()
    for (i = 1; i <= slots; i++) if (slot_path[i] !~ /^-/) { print slot_text[i] > slot_path[i]; close(slot_path[i]) }
}
'

# Merges changes into the table of watched nodes (agent_watch.sh), and lists those that are quiet where they are looked at
# together (agent_quiet.sh). Input, between lines of the token: the table, changes, sizes, and what was quiet and seen of it.
# Output: the table; rows of those that are looked at one by one, their followed files (see dagtop_awk_sizes) and paths; of
# those that are quiet rows, paths, what was seen, process groups; and how many lines of these were seen.
# shellcheck disable=SC2016
dagtop_awk_merge='
BEGIN { FS = OFS = "\t"; part = 0; few = 32; many = 2000 }
NR == 1 { token = $0; part = 1; next }
$0 == token { part++; next }
$0 == "" { next }
part == 1 { numbers[++n] = $1; line[$1] = $0; next }
part == 2 { if (!($1 in line) && !($1 in new)) numbers[++n] = $1; new[$1] = $0; next }
part == 3 { if ($2 == "log" && $3 == "again") again[$1] = 1; next }
part == 4 { quiet[++m] = $1; number_then[$1] = $4; next }
part == 5 { k++; if (k % 2) directory_then[quiet[(k + 1) / 2]] = $0; else log_then[quiet[k / 2]] = $0 }
# A long text is put together from pieces, because an awk copies what it appends to.
function add(list, text) {
    piece[list] = piece[list] text "\n"
    if (length(piece[list]) > 4096) { pieces[list, ++count[list]] = piece[list]; piece[list] = "" }
}
function print_list(list,    i) {
    printf "\036"
    for (i = 1; i <= count[list]; i++) printf "%s", pieces[list, i]
    printf "%s", piece[list]
}
# A node that runs, of which all has been told.
function is_quiet() {
    return $8 == 1 && $9 == 0 && $4 > 0 && $3 == "-" && ($6 == "here" || $6 == "batch") && !($1 in again)
}
function followed(final) { return $1 "\tlog\t" final "\t" $9 "\t" $2 "/.dagtop/" $4 "/seen\t" $2 "/.dagtop/" $4 "/log" }
function add_busy() {
    add("busy", $0)
    if ($4 > 0 && $8 > 0) {
        add("live", followed($8 == 2))
        add("paths", $2 "/.dagtop/" $4 "/log")
    }
    if ($3 == "-") return
    add("live", $1 "\tstatusfile\t0\t" $9 "\t" ($4 > 0 ? $2 "/.dagtop/" $4 "/seen-statusfile" : "-") "\t" $3)
    add("paths", $3)
}
function add_quiet(    known) {
    known = ($1 in number_then) && number_then[$1] == $4
    add("quiet", $0)
    add("quiet_paths", $2 "/.dagtop/" $4)
    add("quiet_paths", $2 "/.dagtop/" $4 "/log")
    add("quiet_seen", known ? directory_then[$1] : "?")
    add("quiet_seen", known ? log_then[$1] : "?")
    add("quiet_groups", $6 == "here" ? "-" $7 : 0)
    quiet_lines += 2
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
        rows[++kept] = $0
        if (together == "yes" && !fresh && quiets < many && is_quiet()) { is_one[kept] = 1; quiets++ }
    }
    for (i = 1; i <= kept; i++) {
        $0 = rows[i]
        print
        if (quiets >= few && (i in is_one)) add_quiet()
        else add_busy()
    }
    lists = split("busy live paths quiet quiet_paths quiet_seen quiet_groups", list, " ")
    for (i = 1; i <= lists; i++) print_list(list[i])
    printf "\036%d", quiet_lines
}
'
