"""The completion scripts. Each asks `tuiconsole completion SHELL -- WORD…`, and decides nothing itself.

`tuiconsole` is called as it was typed, so that a virtual environment's own is asked.
"""

from __future__ import annotations

_BASH = r"""# Completion of tuiconsole for bash: source <(tuiconsole completion bash)
_tuiconsole() {
    local line=${COMP_LINE:0:COMP_POINT} kind word help
    local -a typed
    # Read from the line, since bash takes namespecs apart at their colon.
    read -ra typed <<<"$line"
    [[ $line == *[[:space:]] ]] && typed+=("")
    local unfinished=${typed[${#typed[@]}-1]}
    COMPREPLY=()
    while IFS=$'\t' read -r kind word help; do
        case $kind in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            plain) COMPREPLY+=("$word") ;;
        esac
    done < <("${1/#\~/$HOME}" completion bash -- "${typed[@]:1}" 2>/dev/null)
    if [[ $unfinished == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${unfinished%"${unfinished##*:}"}"}")
    fi
}
complete -F _tuiconsole tuiconsole
"""

_ZSH = r"""#compdef tuiconsole
# Completion of tuiconsole for zsh: source <(tuiconsole completion zsh)
_tuiconsole() {
    local kind word help
    local -a found
    while IFS=$'\t' read -r kind word help; do
        case $kind in
            file) _files ;;
            dir) _files -/ ;;
            plain) found+=("${word//:/\\:}:$help") ;;
        esac
    done < <("${(Q)words[1]}" completion zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    (( $#found )) && _describe -V 'tuiconsole' found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _tuiconsole "$@"
else
    compdef _tuiconsole tuiconsole
fi
"""

_FISH = r"""# Completion of tuiconsole for fish: tuiconsole completion fish | source
function __tuiconsole_complete
    set -l typed (commandline -opc)
    set -l unfinished (commandline -ct)
    for line in ($typed[1] completion fish -- $typed[2..-1] "$unfinished" 2>/dev/null)
        set -l part (string split -m 2 \t -- $line)
        switch $part[1]
            case file
                __fish_complete_path $unfinished
            case dir
                __fish_complete_directories $unfinished
            case plain
                printf '%s\t%s\n' $part[2] $part[3]
        end
    end
end
complete --command tuiconsole --no-files --arguments '(__tuiconsole_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""By shell."""
