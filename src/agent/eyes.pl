# SPDX-License-Identifier: Apache-2.0
# The agent's eyes where the host has perl: what agent_watch.sh does, in one process that stays (docs/agent.md 5, Watching).
#
# The agent's shell writes lines on standard input, words between tabs: `group NUMBER', `forget NUMBER', `watch NUMBER DIRECTORY
# STATUSFILE', `unwatch NUMBER', `poll', `wait SECONDS'. Records go straight to the agent's standard output; a line on descriptor 4 says that they are all there.
# No file is opened that has not changed: attempts are watched by the times of their directories, logs by size.
use strict;
use Fcntl;

my ($machine, $boot, $session, $agent) = @ENV{qw(dagtop_machine dagtop_boot dagtop_session dagtop_agent)};
my $piece = 16777216;    # of a log, in one look
my $settled = 3;         # seconds after which the time of a directory says that nothing is new in it
my $keep = 60;           # seconds, or
my $little = 262144;     # bytes of a log, after which what was seen of it is written down
my $absent = -1e9;       # the age of what is not there
my $has_proc = -r '/proc/self/stat';
my ($claims, $saved, $input, $output) = (0, 0, '', '');
my %unsaved;                # streams whose state is not written down yet
my %groups;                 # of nodes, by their numbers: each is looked at for itself
my $group = group_of(0);    # that of the next lines
$SIG{PIPE} = 'IGNORE';
umask 077;
open my $done, '>&=', 4 or exit 1;

# ---- records ----

sub encode {
    my $text = substr $_[0], 0, 8192;
    return $text unless $text =~ tr/%\x01-\x1f\x7f//;
    $text =~ s/([%\x01-\x1f\x7f])/sprintf '%%%02X', ord $1/ge;
    $text = substr $text, 0, 8192;
    $text =~ s/%.?\z//s;
    return $text;
}

sub record { $output .= "$_[0]\t$_[1]\t" . encode($_[2]) . "\n" }

# A piece of a file. Without the layer that buffers, opening takes half the time.
sub read_bytes {
    my ($path, $offset, $count) = @_;
    my $bytes = '';
    return $bytes unless $count && open FILE, '<:unix', $path;
    sysseek FILE, $offset, 0 if $offset;
    # In steps that double: room is made for as much as is asked for.
    for (my $step = 4096; $count > 0; $step *= 2) {
        my $got = sysread FILE, $bytes, $count < $step ? $count : $step, length $bytes;
        last unless $got;
        $count -= $got;
    }
    close FILE;
    $bytes =~ tr/\0/\1/;
    return $bytes;
}

# The lines of a small file; none where it cannot be read.
sub lines_of { return split /\n/, read_bytes($_[0], 0, 1048576) }

sub first_line { my ($line) = lines_of($_[0]); return defined $line ? $line : '' }

# The record of a file's first line; an empty one is told only where $always.
sub record_line {
    my ($key, $field, $path, $always) = @_;
    my $line = first_line($path);
    record($key, $field, $line) if $always || $line ne '';
}

sub record_request {
    my ($key, $path) = @_;
    for (lines_of($path)) {
        my ($name, $value) = /^([a-z0-9]+)=(.*)/s or next;
        next if $name eq 'complete';
        $value =~ s/'\\''/'/g if $value =~ s/^'(.*)'$/$1/s;
        record($key, 'request', "$name=$value");
    }
}

# The block of an attempt, and the marks of its node.
sub record_attempt {
    my ($node) = @_;
    my ($key, $number, $where) = @$node{qw(key number where)};
    record($key, 'attempt', $number);
    if ($number) {
        my $attempt = "$node->{directory}/.dagtop/$number";
        record_request($key, "$attempt/request");
        record_line($key, $_, "$attempt/$_") for qw(pid jobid);
        for my $file (qw(refused facts)) {
            my @lines = lines_of("$attempt/$file");
            record($key, $file, join "\n", @lines) if @lines;
        }
        record_line($key, $_, "$attempt/$_") for qw(go started exit lost cancelled);
        record_line($key, 'heartbeat', "$attempt/heartbeat") if $where eq 'elsewhere';
        record($key, 'process', $where eq 'here' ? 'alive' : "elsewhere $node->{machine}") if $where =~ /here$/;
    }
    record_line($key, $_, "$node->{directory}/.dagtop/$_", 1) for qw(wanted held skipped);
}

# ---- attempts ----

# When a process began, as the wrapper records it; empty where there is none.
sub start_time {
    my ($process) = @_;
    if ($has_proc) {
        my ($line) = first_line("/proc/$process/stat") =~ /.*\) (.*)/s or return '';
        return (split ' ', $line)[19];
    }
    my $line = `ps -o lstart= -p $process 2>/dev/null`;
    $line =~ tr/ \n/_/s;
    return $line;
}

# A process group that belongs to another user (sudo) lives too.
sub group_lives { return kill(0, -$_[0]) || $! == 1 }

# What has become of the process of an attempt that runs here: alive, gone, reused, rebooted.
sub judge {
    my ($attempt, $group) = @_;
    my (undef, $process, $start, $its_boot) = split ' ', first_line("$attempt/pid");
    ($process, $start, $its_boot) = ($group, '-', '-') unless defined $its_boot;
    return 'gone' unless $process =~ /^[1-9][0-9]*$/;
    return 'rebooted' if $its_boot ne '-' && $boot ne '-' && $its_boot ne $boot;
    return 'gone' unless group_lives($process);
    my $now = $start eq '-' ? '' : start_time($process);
    return $now eq '' || $now eq $start ? 'alive' : 'reused';
}

# UTC, RFC 3339.
sub time_text {
    my ($second, $minute, $hour, $day, $month, $year) = gmtime;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

# Links a new file with a line to the name $path: the first wins.
sub link_record {
    my ($path, $line) = @_;
    my $claim = "$path.$session.eyes" . ++$claims;
    open my $file, '>', $claim or return;
    my $written = print $file "$line\n";
    link $claim, $path if close $file and $written;
    unlink $claim;
}

# Judges, and records `lost' where that is so; after another look for `exit'.
sub judge_and_record {
    my ($attempt, $group) = @_;
    my $verdict = judge($attempt, $group);
    return if $verdict eq 'alive' || -s "$attempt/exit";
    link_record("$attempt/lost", "$verdict " . time_text());
}

# Where the attempt of a node runs: none, waiting, here, elsewhere, batch, ended.
sub place_of {
    my ($node, $attempt) = @_;
    return 'none' unless $node->{number};
    my ($go, undef, $where, $process) = split ' ', first_line("$attempt/go");
    return 'waiting' unless defined $process;
    @$node{qw(machine group)} = ($where, $process);
    return 'ended' if $go ne 'run' || $process !~ /^(?:job-|[1-9][0-9]*\z)/;
    return 'batch' if $process =~ /^job-/;
    return $where eq $machine ? 'here' : 'elsewhere';
}

# What exists of a node's attempt, a letter each: a change of it is news. That it has ended is found out here.
sub marks_of {
    my ($node, $attempt) = @_;
    my $marks = '';
    judge_and_record($attempt, $node->{group}) if $node->{where} eq 'here' && !-s "$attempt/exit" && !-s "$attempt/lost";
    if ($node->{where} eq 'waiting') {
        $marks .= 'R' if -s "$attempt/request";
        $marks .= 'J' if -s "$attempt/jobid";
    }
    $marks .= 'B' . first_line("$attempt/heartbeat") if $node->{where} eq 'elsewhere';
    for (qw(exit started cancelled)) { $marks .= uc substr $_, 0, 1 if -s "$attempt/$_" }
    $node->{where} = 'ended' if -s "$attempt/exit" || -s "$attempt/lost";
    return $marks;
}

# Sets the number of a node's newest attempt, and returns its directory.
sub find_attempt {
    my ($node) = @_;
    my $records = "$node->{directory}/.dagtop";
    $node->{number} = 0 unless $node->{number} && -d "$records/$node->{number}";
    $node->{number}++ while -d "$records/" . ($node->{number} + 1);
    return "$records/$node->{number}";
}

# When a directory has changed, in days before this program began; one that is not there is never old.
sub age_of { return (-M $_[0]) // $absent }

# Looks at every file of a node, and sets its `news'.
sub examine {
    my ($node) = @_;
    my $records = "$node->{directory}/.dagtop";
    # The ages come first: what changes while we look is seen by the next look.
    my $age = age_of($records);
    my $attempt = find_attempt($node);
    my $attempt_age = age_of($attempt);
    @$node{qw(records records_age attempt attempt_age)} = ($records, $age, $attempt, $attempt_age);
    $node->{where} = place_of($node, $attempt);
    my $marks = $node->{number} ? marks_of($node, $attempt) : '';
    my $signature = join '.', @$node{qw(number where)}, $marks, first_line("$records/wanted"),
        map { -s "$records/$_" ? 1 : 0 } qw(held skipped);
    $node->{news} = 1 if $signature ne $node->{signature};
    $node->{signature} = $signature;
    # A change within the same tick of the file's clock would not be seen.
    my $youngest = ($^T - time + $settled) / 86400;
    $node->{is_settled} = $node->{number} && $age > $youngest && $attempt_age > $youngest
        && $node->{where} =~ /^(?:here|batch|ended)$/;
}

# ---- logs ----

# What is followed: a log, or a status file. seen: the prefix of what was seen of it, undef: that is not kept.
sub stream_new {
    my ($path, $seen, $prefix) = @_;
    return {path => $path, seen => $seen, prefix => $prefix, is_known => 0, size => -1, inode => '', offset => 0, skip => 0,
        open => 0, status => '', metric => {}, order => [], changed => {}, generation => -1, saved => 0, saved_offset => 0};
}

# One of the two slots of what was seen: undef without its end mark.
sub read_slot {
    my %slot = (generation => -1, offset => 0, inode => '', skip => 0, open => 0, status => '', metrics => []);
    for (lines_of($_[0])) {
        return \%slot if $_ eq 'end';
        my ($word, $value) = split / /, $_, 2;
        if ($word eq 'metric') { push @{$slot{metrics}}, $value }
        elsif (exists $slot{$word}) { $slot{$word} = $value }
    }
    return undef;
}

# Begins where this or another session has ended; false where none has been.
sub stream_load {
    my ($stream) = @_;
    return 0 unless defined $stream->{seen};
    my ($slot) = sort { $b->{generation} <=> $a->{generation} } grep { defined } map { read_slot("$stream->{seen}.$_") } 0, 1;
    return 0 unless $slot;
    @$stream{qw(generation offset inode skip open status)} = @$slot{qw(generation offset inode skip open status)};
    for (@{$slot->{metrics}}) { take_metric($stream, split(/=/, $_, 2)) }
    $stream->{changed} = {};
    return $stream->{is_known} = 1;
}

# Writes down what was seen, the two slots in turn; at first both, so that the directory's time rests from then on.
sub stream_save {
    my ($stream) = @_;
    return unless delete $unsaved{$stream};
    my $generation = ++$stream->{generation};
    my $text = "generation $generation\ninode $stream->{inode}\noffset $stream->{offset}\n";
    for (qw(skip open)) { $text .= "$_ 1\n" if $stream->{$_} }
    $text .= "status $stream->{status}\n" if $stream->{status} ne '';
    $text .= "metric $_=$stream->{metric}{$_}\n" for @{$stream->{order}};
    for ($generation ? $generation % 2 : (0, 1)) {
        if (sysopen my $file, "$stream->{seen}.$_", O_WRONLY | O_CREAT | O_TRUNC) { syswrite $file, "${text}end\n" }
    }
    @$stream{qw(saved saved_offset)} = (time, $stream->{offset});
}

# Writes down what has waited long enough.
sub save_some {
    my $now = time;
    return if $now - $saved < 5;
    $saved = $now;
    for (values %unsaved) { stream_save($_) if $now - $_->{saved} >= $keep }
}

sub take_metric {
    my ($stream, $name, $value) = @_;
    return if length $name > 128;
    $value = substr $value, 0, 1024;
    my $metrics = $stream->{metric};
    unless (exists $metrics->{$name}) {
        return if @{$stream->{order}} >= 256;
        push @{$stream->{order}}, $name;
    } elsif ($metrics->{$name} eq $value) { return }
    $metrics->{$name} = $value;
    $stream->{changed}{$name} = 1;
}

my $pair = qr/[ \t]+([A-Za-z_][A-Za-z0-9_.-]*)=(?|"([^"]*)"|'([^']*)'|([^ \t\r]*))/;
my %is_no_metric = map { $_ => 1 } qw(status progress pid time host msg);

# The names and values that a text begins with, in turn.
sub pairs_of { return $_[0] =~ /\G$pair/g }

sub take_pairs {
    my ($stream, @pairs) = @_;
    for (my $i = 0; $i < @pairs; $i += 2) {
        take_metric($stream, @pairs[$i, $i + 1]) unless $is_no_metric{$pairs[$i]};
    }
}

# A line of MLPerf's logging. No JSON parser: the three values are looked for.
sub take_mllog {
    my ($stream, $text) = @_;
    my %value;
    for (qw(key value epoch_num)) {
        pos $text = 0;
        $value{$_} = '';
        next unless $text =~ /"$_": */g && $text =~ /\G(?:"([^"]*)"|(-?[0-9][0-9.eE+-]*|true|false))/;
        $value{$_} = defined $1 ? $1 : $2;
    }
    take_metric($stream, $value{key}, $value{value}) if $value{key} ne '' && $value{value} ne '';
    take_metric($stream, 'epoch_num', $value{epoch_num}) if $value{epoch_num} ne '';
}

# A line that goes on with a status line.
sub take_continuation {
    my ($stream, $line, @pairs) = @_;
    $stream->{status} = substr "$stream->{status} " . substr($line, 1), 0, 4096;
    @$stream{qw(status_changed open)} = (1, 1);
    take_pairs($stream, @pairs);
}

sub take_status {
    my ($stream, $line, @pairs) = @_;
    $line =~ s/\r\z//;
    @$stream{qw(status status_changed open)} = ($line, 1, 1);
    take_pairs($stream, @pairs);
}

sub take_line {
    my ($stream, $line) = @_;
    my ($open, $at, @pairs) = $stream->{open};
    $stream->{open} = 0;
    $line = substr $line, 0, 4096;
    if ($stream->{skip}) {
        $stream->{skip} = 0;
    } elsif ($open && (@pairs = pairs_of($line))) {
        take_continuation($stream, $line, @pairs);
    } elsif (($at = index $line, '# cloudmesh') >= 0 && (@pairs = pairs_of(substr $line, $at + 11))) {
        take_status($stream, substr($line, $at), @pairs);
    } elsif (($at = index $line, ':::MLLOG {') >= 0) {
        take_mllog($stream, substr $line, $at);
    }
}

# Searches bytes that follow what was read; the end of a line that has none yet is left for the next look, unless $final.
sub take_bytes {
    my ($stream, $bytes, $final) = @_;
    my $end = rindex($bytes, "\n") + 1;
    my $rest = length($bytes) - $end;
    if ($end && !$stream->{open} && index($bytes, '# cloudmesh') < 0 && index($bytes, ':::MLLOG {') < 0) {
        $stream->{skip} = 0;
    } elsif ($end) {
        take_line($stream, $_) for split /\n/, substr($bytes, 0, $end - 1), -1;
    }
    $stream->{offset} += $end;
    return unless $final && $rest || $rest > 4096;
    if ($final) { take_line($stream, substr $bytes, $end) }
    else { @$stream{qw(skip open)} = (1, 0) }
    $stream->{offset} += $rest;
}

# Where to go on in a file of that size: sets the offset, and returns how much is passed over.
sub begin_at {
    my ($stream, $inode, $size) = @_;
    my $is_same = $stream->{is_known} && $stream->{inode} eq $inode && $stream->{offset} <= $size && !$stream->{is_gone};
    @$stream{qw(offset skip open)} = (0, 0, 0) unless $is_same;
    my $behind = $size - $stream->{offset};
    return 0 if $behind <= $piece || $stream->{is_known} && $behind <= 16 * $piece;
    @$stream{qw(offset skip open)} = ($size - $piece, 0, 0);
    return $behind - $piece;
}

sub record_stream {
    my ($key, $stream, $first) = @_;
    my ($prefix, $metric, $changed) = @$stream{qw(prefix metric changed)};
    record($key, "${prefix}status", $stream->{status}) if $stream->{status} ne '' && ($first || $stream->{status_changed});
    $stream->{status_changed} = 0;
    return unless $first || %$changed;
    for (@{$stream->{order}}) { record($key, "${prefix}metric", "$_=$metric->{$_}") if $first || $changed->{$_} }
    %$changed = ();
}

# A file that is not there: the first answer still tells what was seen before it went.
sub miss {
    my ($node, $stream) = @_;
    $stream->{is_gone} = 1 if $stream->{size} >= 0;
    $stream->{size} = -1;
    return unless $node->{first} && $stream->{is_known};
    record($node->{key}, "$stream->{prefix}size", 0);
    record_stream($node->{key}, $stream, 1);
}

# Reads what is new of a log or status file. Says whether there is more than one look may read.
sub follow {
    my ($node, $stream, $final, $inode, $size) = @_;
    my ($key, $first) = @$node{qw(key first)};
    stream_load($stream) unless $stream->{is_known};
    unless (defined $inode) {
        miss($node, $stream);
        return 0;
    }
    my $gap = begin_at($stream, $inode, $size);
    my $count = $size - $stream->{offset};
    my $more = $count > $piece;
    my $bytes = read_bytes($stream->{path}, $stream->{offset}, $more ? $piece : $count);
    $unsaved{$stream} = $stream if defined $stream->{seen} && ($bytes ne '' || !$stream->{is_known});
    @$stream{qw(is_known is_gone inode size)} = (1, 0, $inode, $more ? -2 : $size);
    take_bytes($stream, $bytes, $final && !$more);
    record($key, "$stream->{prefix}size", $size) if $first || $bytes ne '' || !$size;
    record($key, "$stream->{prefix}gap", $gap) if $gap;
    record_stream($key, $stream, $first);
    stream_save($stream) if $final || abs($stream->{offset} - $stream->{saved_offset}) > $little;
    return $more;
}

# ---- looks ----

# The streams of a node, anew when it has another attempt.
sub streams_of {
    my ($node) = @_;
    my ($directory, $number, $statusfile) = @$node{qw(directory number statusfile)};
    if ($node->{streams_of} ne $number) {
        stream_save($_) for @{$node->{streams}};
        my $attempt = "$directory/.dagtop/$number";
        my @streams;
        push @streams, stream_new("$attempt/log", "$attempt/seen", '') if $number;
        push @streams, stream_new($statusfile, $number ? "$attempt/seen-statusfile" : undef, 'statusfile.')
            if $statusfile ne '-';
        @$node{qw(streams streams_of)} = (\@streams, $number);
    }
    return @{$node->{streams}};
}

# Reads what is new of a node's records, if they are to be examined, and of its logs. Says whether there is more to read.
sub look {
    my ($node, $is_to_be_examined) = @_;
    examine($node) if $is_to_be_examined;
    my $has_news = delete $node->{news};
    if ($has_news) {
        streams_of($node);
        record_attempt($node);
    }
    my $more = 0;
    for my $stream (@{$node->{streams}}) {
        next if $stream->{is_read} && !$has_news;
        my ($inode, $size) = (stat $stream->{path})[1, 7];
        next if !$has_news && ($size // -1) == $stream->{size} && ($inode // '') eq $stream->{inode};
        my $final = $node->{where} eq 'ended' && $stream->{prefix} eq '';
        my $rest = follow($node, $stream, $final, $inode, $size);
        $stream->{is_read} = $final && !$rest;
        $more ||= $rest;
    }
    $node->{first} = 0;
    return $more;
}

# ---- all nodes at once ----

# The nodes of one directory are a family. What was seen of its directories and files is kept in two strings, eight bytes for
# each, and compared at once with what is seen now: looking at what is quiet costs little more than asking the system. Records
# are made by creating and linking, so the time of an attempt's directory tells of them. Names are asked for from the family's
# directory, because short paths are found in less time.
sub families_of {
    my ($watched) = @_;
    my %families;
    for my $node (map { $watched->{$_} } sort { $a <=> $b } keys %$watched) {
        my $family = $families{$node->{parent}} ||= {parent => $node->{parent}, nodes => [], owners => []};
        push @{$family->{nodes}}, $node;
        $node->{slot} = @{$family->{owners}};
        push @{$family->{owners}}, ($#{$family->{nodes}}) x ($node->{statusfile} eq '-' ? 1 : 2);
    }
    for my $family (values %families) { note_node($family, $_) for 0 .. $#{$family->{nodes}} }
    return [values %families];
}

# Keeps on a sheet what was seen of one thing: a path, empty where there is nothing to compare, and a number.
sub note {
    my ($family, $sheet, $place, $path, $seen) = @_;
    $path = substr $path, length($family->{parent}) + 1 if index($path, "$family->{parent}/") == 0;
    $family->{$sheet}[$place] = $path;
    substr $family->{"$sheet seen"}, 8 * $place, 8, pack 'd', $seen;
}

# Keeps what was seen of a node's streams.
sub note_streams {
    my ($family, $node) = @_;
    for my $i (0 .. ($node->{statusfile} eq '-' ? 0 : 1)) {
        my $stream = $node->{streams}[$i];
        my $is_followed = $stream && !$stream->{is_read};
        note($family, 'files', $node->{slot} + $i, $is_followed ? @$stream{qw(path size)} : ('', -1));
    }
}

# The same where none but the sizes can have changed.
sub note_sizes {
    my ($family, $node) = @_;
    my $place = $node->{slot};
    for (@{$node->{streams}}) { substr $family->{'files seen'}, 8 * $place++, 8, pack 'd', $_->{size} }
}

# Keeps what was seen of a node. One that is not settled is always different.
sub note_node {
    my ($family, $place) = @_;
    my $node = $family->{nodes}[$place];
    my $is_live = $node->{is_settled} && $node->{where} ne 'ended';
    my @records = $node->{is_settled} ? @$node{qw(records records_age)} : ('', 0);
    note($family, 'directories', $place, $is_live ? @$node{qw(attempt attempt_age)} : @records);
    note($family, 'marks' . $place % 4, $place >> 2, $is_live ? @records : ('', $absent));
    $family->{groups}[$place] = $is_live && $node->{where} eq 'here' ? -$node->{group} : 0;
    note_streams($family, $node);
}

# The places where two strings of numbers differ.
sub differences {
    my $difference = $_[0] ^ $_[1];
    my @places;
    while ($difference =~ /[^\0]/g) {
        push @places, int((pos($difference) - 1) / 8);
        pos($difference) = 8 * $places[-1] + 8;
    }
    return @places;
}

# Those of a family's directories that have changed since.
sub changed_on {
    my ($family, $sheet) = @_;
    return differences(pack('d*', map { (-M) // $absent } @{$family->{$sheet}}), $family->{"$sheet seen"});
}

# Those whose processes have ended: asked for one by one only when it is not true that all live.
sub ended_in {
    my ($groups) = @_;
    return () if kill(0, @$groups) == @$groups;
    return grep { $groups->[$_] && !group_lives(-$groups->[$_]) } 0 .. $#$groups;
}

# Which nodes of a family must be looked at: their places, with whether their records must be. Those are looked at every
# sixty-fourth time for no reason, and at every fourth for marks of the node.
sub changed_in {
    my ($family, $round) = @_;
    my ($nodes, $groups, $quarter) = (@$family{qw(nodes groups)}, $round % 4);
    return map { $_ => 1 } 0 .. $#$nodes unless chdir $family->{parent};
    my %changed = map { $family->{owners}[$_] => 0 }
        differences(pack('d*', map { (-s) // -1 } @{$family->{files}}), $family->{'files seen'});
    $changed{$_} = 1 for changed_on($family, 'directories'), ended_in($groups);
    $changed{4 * $_ + $quarter} = 1 for changed_on($family, "marks$quarter");
    for (my $place = $round % 64; $place < @$nodes; $place += 64) { $changed{$place} = 1 }
    chdir '/';
    return %changed;
}

# One look at all of the group. Says whether there is more to read than one look may.
sub look_at_all {
    my $more = 0;
    $group->{round}++;
    $group->{families} ||= families_of($group->{watched});
    for my $family (@{$group->{families}}) {
        my %changed = changed_in($family, $group->{round});
        for my $index (sort { $a <=> $b } keys %changed) {
            my $node = $family->{nodes}[$index];
            $more = 1 if look($node, $changed{$index});
            if ($changed{$index}) { note_node($family, $index) }
            elsif ($node->{where} eq 'ended') { note_streams($family, $node) }
            else { note_sizes($family, $node) }
        }
    }
    save_some();
    return $more;
}

# Looks once a second until there is something to tell, for so many seconds.
sub wait_for_news {
    my ($left) = @_;
    until (look_at_all() || $output ne '' || $left-- <= 0) { select undef, undef, undef, 1 }
}

# ---- the agent's lines ----

sub group_of {
    my ($number) = @_;
    return $groups{$number} ||= {watched => {}, round => 0};
}

sub unwatch {
    my ($key) = @_;
    my $node = delete $group->{watched}{$key} or return;
    stream_save($_) for @{$node->{streams}};
    $group->{families} = undef;
}

# Forgets all nodes of a group.
sub forget {
    my ($number) = @_;
    my $before = $group;
    $group = group_of($number);
    unwatch($_) for keys %{$group->{watched}};
    $group = $before;
}

sub watch {
    my ($key, $directory, $statusfile) = @_;
    unwatch($key);
    $group->{families} = undef;
    my ($parent) = $directory =~ m{^(.*)/}s or return;
    $group->{watched}{$key} = {key => $key, directory => $directory, parent => $parent, statusfile => $statusfile, number => 0, where => 'none',
        group => 0, signature => 'new', first => 1, streams => [], streams_of => ''};
}

sub write_all {
    my ($file, $bytes) = @_;
    my $at = 0;
    while ($at < length $bytes) { $at += syswrite($file, $bytes, 65536, $at) || return }
}

# Gives the answer away, and says so.
sub answer {
    write_all(\*STDOUT, $output);
    $output = '';
    write_all($done, "done\n");
}

sub obey {
    my ($word, @rest) = split /\t/, $_[0];
    if ($word eq 'watch') { watch(@rest) }
    elsif ($word eq 'unwatch') { unwatch(@rest) }
    elsif ($word eq 'group') { $group = group_of(@rest) }
    elsif ($word eq 'forget') { forget(@rest) }
    elsif ($word eq 'poll') { look_at_all(); answer() }
    elsif ($word eq 'wait') { wait_for_news(@rest); answer() }
}

# The next line, undef at the end: of the input, or of the agent, whose jobs may hold the input open.
sub next_line {
    my $end;
    until (($end = index $input, "\n") >= 0) {
        my $ready = '';
        vec($ready, 0, 1) = 1;
        if (select $ready, undef, undef, 15) {
            return undef unless sysread STDIN, $input, 65536, length $input;
        } elsif (getppid() != $agent) { return undef }
    }
    my $line = substr $input, 0, $end + 1, '';
    chomp $line;
    return $line;
}

write_all($done, "ready\n");
while (defined(my $line = next_line())) { obey($line) }
forget($_) for keys %groups;
