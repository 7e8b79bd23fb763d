"""``caniload completion``: what a shell is to load, and what it asks at each press of a key."""

from __future__ import annotations

import argparse

from caniload.runner.commands.grammar import completing, parser
from caniload.runner.core.errors import UsageError

PATHS = 9
"""The exit code by which a shell is told to complete paths itself."""

_BASH = """\
_caniload() {
    local told code
    told=$(caniload completion --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    code=$?
    COMPREPLY=()
    if [ "$code" -eq 9 ]; then
        compopt -o default
    elif [ -n "$told" ]; then
        mapfile -t COMPREPLY <<< "$told"
    fi
}
complete -F _caniload caniload"""

_ZSH = """\
#compdef caniload
_caniload() {
    local told code
    local -a found
    told=$(caniload completion --words "${(@)words[2,CURRENT]}" 2>/dev/null)
    code=$?
    if (( code == 9 )); then
        _files
    elif [[ -n $told ]]; then
        found=("${(@f)told}")
        compadd -- "${found[@]}"
    fi
}
if [[ $funcstack[1] == _caniload ]]; then
    _caniload "$@"
else
    compdef _caniload caniload
fi"""

_FISH = """\
function __caniload
    set -l words (commandline -opc) (commandline -ct)
    set -l told (caniload completion --words $words[2..-1] 2>/dev/null)
    if test $status -eq 9
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $told
    end
end
complete -c caniload -f -a '(__caniload)'"""

SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def completion(arguments: argparse.Namespace) -> int:
    """Print what a shell loads; with ``--words`` what may stand there, 9 where that are paths."""
    if arguments.words is None:
        if arguments.shell is None:
            raise UsageError(f"say which shell: {', '.join(SHELLS)}")
        print(SHELLS[arguments.shell])
        return 0
    found = completing.candidates(parser.parser(), arguments.words)
    if found is completing.FILES:
        return PATHS
    if found:
        print("\n".join(found))
    return 0
