#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the completion for a shell from dagtop's own tables: generate.sh DAGTOP bash|zsh|fish
set -eu
program=$1
shell=$2
tables=$("$program" --list-tables)
commands=$(printf '%s\n' "$tables" | cut -f1 | sort -u | tr '\n' ' ')
commands=${commands% }

# The options of one command as words: --yes --format=
options_of() {
    printf '%s\n' "$tables" | awk -F '\t' -v command="$1" '$1 == command { printf "%s--%s%s", sep, $2, ($3 != "" ? "=" : ""); sep = " " }'
}

case $shell in
bash)
    cat <<END
# SPDX-License-Identifier: Apache-2.0
# Completion of dagtop for bash.
_dagtop() {
    local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]-} options=
    COMPREPLY=()
    case \$command in
END
    for command in $commands; do
        printf "    %s) options='%s' ;;\n" "$command" "$(options_of "$command")"
    done
    cat <<END
    *) options='$(options_of dashboard)' ;;
    esac
    if [[ \$word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "\$options" -- "\$word")
        [[ \${COMPREPLY[0]-} == *= ]] && compopt -o nospace
    else
        mapfile -t COMPREPLY < <(compgen -f -X '!*.y*ml' -- "\$word"; compgen -d -- "\$word")
        if ((COMP_CWORD == 1)); then
            mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -W '$commands' -- "\$word")
        fi
    fi
}
complete -o filenames -F _dagtop dagtop
END
    ;;
zsh)
    cat <<END
#compdef dagtop
# SPDX-License-Identifier: Apache-2.0
# Completion of dagtop for zsh.
local -a commands options
commands=($commands)
case \${words[2]-} in
END
    for command in $commands; do
        printf '%s) options=(%s) ;;\n' "$command" "$(options_of "$command")"
    done
    cat <<END
*) options=($(options_of dashboard)) ;;
esac
if [[ \$PREFIX == -* ]]; then
    compadd -S '' -- \${(M)options:#*=}
    compadd -- \${options:#*=}
else
    (( CURRENT == 2 )) && compadd -- \$commands
    _files -g '*.(yaml|yml)'
fi
END
    ;;
fish)
    echo '# SPDX-License-Identifier: Apache-2.0'
    echo '# Completion of dagtop for fish.'
    for command in $commands; do
        echo "complete -c dagtop -n __fish_use_subcommand -a $command"
    done
    printf '%s\n' "$tables" | sort | awk -F '\t' '{
        printf "complete -c dagtop -n \"__fish_seen_subcommand_from %s\" -l %s%s\n", $1, $2, ($3 != "" ? " -r" : "") }'
    ;;
*)
    echo "generate.sh: unknown shell $shell" >&2
    exit 2
    ;;
esac
