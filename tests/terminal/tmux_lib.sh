# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# A terminal for tests: a tmux server of its own, keys in, screens out; waiting is for what the screen shows.
# Source after tests/integration/workflow_lib.sh.

command -v tmux >/dev/null 2>&1 || {
    echo "skipped: tmux is missing"
    exit 77
}
TMUX_TMPDIR=${scratch:?}
export TMUX_TMPDIR
unset TMUX NO_COLOR

terminal() {
    tmux -L dagtop-test -f /dev/null "$@"
}

# open_terminal COLUMNS ROWS: a shell with a prompt that tests can wait for.
open_terminal() {
    terminal new-session -d -x "$1" -y "$2" "PS1='prompt> ' HOME='$HOME' TALLY='$TALLY' LC_ALL=C.UTF-8 sh -i" ||
        fail "tmux does not start"
    wait_screen 'prompt>'
}

close_terminal() {
    terminal kill-server 2>/dev/null
    clean_up
}
trap close_terminal EXIT

screen() {
    terminal capture-pane -p
}

keys() {
    terminal send-keys "$@"
}

screen_shows() {
    screen | grep -q -e "$1"
}

screen_lacks() {
    ! screen_shows "$1"
}

# wait_screen PATTERN: until the screen shows it.
wait_screen() {
    wait_for "${2:-20}" screen_shows "$1" || {
        screen
        fail "the screen does not show \"$1\""
    }
}

wait_screen_without() {
    wait_for "${2:-20}" screen_lacks "$1" || {
        screen
        fail "the screen still shows \"$1\""
    }
}
