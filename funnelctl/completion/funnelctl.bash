# bash completion for funnelctl(1). Commands and options come from its own help, names from the
# node; what cannot be asked is not completed.

# The values of the field $1 in the JSON that the command $2 ... prints.
_funnelctl_names() {
  local field=$1
  shift
  "$_funnelctl_program" "${_funnelctl_node[@]}" "$@" --json 2>/dev/null |
    grep -oE "\"$field\": ?\"[^\"\\\\]*\"" | sed -E 's/^.*"([^"]*)"$/\1/' | sort -u
}

# SERVICE/NUMBER, as the first column of the list $1 has it.
_funnelctl_numbered() {
  "$_funnelctl_program" "${_funnelctl_node[@]}" "$1" 2>/dev/null |
    grep -oE '^ +[a-z][a-z0-9-]*/[^ ]+' | tr -d ' '
}

_funnelctl_daemons() {
  echo funnel-authd funnel-sctpd
  _funnelctl_names edge services
}

# What may follow as the argument number $2 (from 1) of the command $1.
_funnelctl_arguments() {
  case $1/$2 in
    show/1 | trace/1 | sessions/1 | backends/1 | allowed/1 | forward/1) _funnelctl_names service services ;;
    drain/1 | resume/1) echo all; _funnelctl_names service services ;;
    ping/1 | close/1) _funnelctl_names service services; _funnelctl_numbered channels ;;
    reset/1) _funnelctl_numbered sessions ;;
    reload/1) echo all; _funnelctl_daemons ;;
    log-level/1) _funnelctl_daemons ;;
    log-level/2) echo error warning notice info debug ;;
  esac
}

# What may follow the option $1; fails where it takes no value.
_funnelctl_value() {
  case $1 in
    --config | --defaults | --run | --state | --root | --modules) COMPREPLY=($(compgen -d -- "$2")) ;;
    --log-level) COMPREPLY=($(compgen -W 'error warning notice info debug' -- "$2")) ;;
    --service) COMPREPLY=($(compgen -W "$(_funnelctl_names service services)" -- "$2")) ;;
    --peer) COMPREPLY=($(compgen -W "$(_funnelctl_names peer peers)" -- "$2")) ;;
    --for | --interval | --timeout | --count) COMPREPLY=() ;;
    *) return 1 ;;
  esac
}

# The words so far, from the line itself: bash breaks them at @ and = as well.
_funnelctl() {
  local line=${COMP_LINE:0:COMP_POINT} words current command= arguments=0 i
  local _funnelctl_program _funnelctl_node=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  _funnelctl_program=${words[0]}
  current=${words[-1]}
  COMPREPLY=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case ${words[i]} in
      --config | --defaults | --run | --state)
        _funnelctl_node+=("${words[i]}" "${words[++i]}")
        ;;
      --config=* | --defaults=* | --run=* | --state=*) _funnelctl_node+=("${words[i]}") ;;
      --log-level | --root | --service | --peer | --for | --interval | --timeout | --count) ((++i)) ;;
      -*) ;;
      *) if [[ $command ]]; then ((++arguments)); else command=${words[i]}; fi ;;
    esac
  done
  if ((${#words[@]} > 2)) && _funnelctl_value "${words[-2]}" "$current"; then return; fi
  if [[ $current == --*=* ]]; then
    _funnelctl_value "${current%%=*}" "${current#*=}"
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$("$_funnelctl_program" $command --help 2>/dev/null |
      grep -oE '^ +(-[a-z], )?--?[a-z-]+' | grep -oE -- '--?[a-z-]+')" -- "$current"))
  elif [[ ! $command ]]; then
    COMPREPLY=($(compgen -W "$("$_funnelctl_program" --help 2>/dev/null |
      sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+) .*/\1/p')" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(_funnelctl_arguments "$command" $((arguments + 1)))" -- "$current"))
    # To bash a new word begins at an @; what stands before it stays.
    if [[ $current == *@* && $COMP_WORDBREAKS == *@* ]]; then
      COMPREPLY=("${COMPREPLY[@]#"${current%@*}"}")
    fi
  fi
}

complete -F _funnelctl funnelctl
