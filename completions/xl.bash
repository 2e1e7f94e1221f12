#!/bin/bash

__xl_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__xl_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__xl_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__xl_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_xl() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=(-v)
    local -a non_repeating_flags=(-N -f -t -T -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __xl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    create|config-update|list|destroy|shutdown|reboot|pci-attach|pci-detach|pci-list|pci-assignable-add|pci-assignable-remove|pci-assignable-list|pause|unpause|console|vncviewer|save|migrate|restore|migrate-receive|dump-core|cd-insert|cd-eject|mem-max|mem-set|button-press|vcpu-list|vcpu-pin|vcpu-set|vm-list|info|sharing|sched-credit|sched-credit2|sched-rtds|domid|domname|rename|trigger|sysrq|debug-keys|set-parameters|dmesg|top|network-attach|network-list|network-detach|channel-list|block-attach|block-list|block-detach|vtpm-attach|vtpm-list|vtpm-detach|vkb-attach|vkb-list|vkb-detach|vdispl-attach|vdispl-list|vdispl-detach|vsnd-attach|vsnd-list|vsnd-detach|uptime|claims|cpupool-create|cpupool-list|cpupool-destroy|cpupool-rename|cpupool-cpu-add|cpupool-cpu-remove|cpupool-migrate|cpupool-numa-split|getenforce|setenforce|loadpolicy|remus|devd|psr-hwinfo|psr-cmt-attach|psr-cmt-detach|psr-cmt-show|psr-cat-set|psr-cat-show|psr-mba-set|psr-mba-show|usbctrl-attach|usbctrl-detach|usbdev-attach|usbdev-detach|usb-list|qemu-monitor-command|suspend|resume|xenstore-quota-get|xenstore-quota-set|evacuate|migrate-recover|config|pci-check|doctor|wait|events|explain|schema|help)
        # Offer subcommand argument completions
        "_xl_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'create config-update list destroy shutdown reboot pci-attach pci-detach pci-list pci-assignable-add pci-assignable-remove pci-assignable-list pause unpause console vncviewer save migrate restore migrate-receive dump-core cd-insert cd-eject mem-max mem-set button-press vcpu-list vcpu-pin vcpu-set vm-list info sharing sched-credit sched-credit2 sched-rtds domid domname rename trigger sysrq debug-keys set-parameters dmesg top network-attach network-list network-detach channel-list block-attach block-list block-detach vtpm-attach vtpm-list vtpm-detach vkb-attach vkb-list vkb-detach vdispl-attach vdispl-list vdispl-detach vsnd-attach vsnd-list vsnd-detach uptime claims cpupool-create cpupool-list cpupool-destroy cpupool-rename cpupool-cpu-add cpupool-cpu-remove cpupool-migrate cpupool-numa-split getenforce setenforce loadpolicy remus devd psr-hwinfo psr-cmt-attach psr-cmt-detach psr-cmt-show psr-cat-set psr-cat-show psr-mba-set psr-mba-show usbctrl-attach usbctrl-detach usbdev-attach usbdev-detach usb-list qemu-monitor-command suspend resume xenstore-quota-get xenstore-quota-set evacuate migrate-recover config pci-check doctor wait events explain schema help' -- "${cur}"))
        ;;
    esac
}

_xl_create() {
    repeating_flags=()
    non_repeating_flags=(--json -c -e -F -p -V --vncviewer -A --vncviewer-autopass -d -n --dryrun --plan -q --quiet -i --ignore-global-affinity-masks --strict -h --help)
    repeating_options=()
    non_repeating_options=(-f --defconfig --count --parallel)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-f'|'--defconfig')
        __xl_add_completions -f
        return
        ;;
    '--count')
        return
        ;;
    '--parallel')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_config-update() {
    repeating_flags=()
    non_repeating_flags=(--json -d -q -h --help)
    repeating_options=()
    non_repeating_options=(-f --defconfig)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-f'|'--defconfig')
        __xl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    *)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_list() {
    repeating_flags=()
    non_repeating_flags=(-l --long -v --verbose -Z --context -c --cpupool -n --numa --ip --json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_destroy() {
    repeating_flags=()
    non_repeating_flags=(--json -f -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_shutdown() {
    repeating_flags=(--wait -w)
    non_repeating_flags=(--json --all -a -F -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_reboot() {
    repeating_flags=(--wait -w)
    non_repeating_flags=(--json --all -a -F -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_pci-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_pci-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -f --force -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_pci-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_pci-assignable-add() {
    repeating_flags=()
    non_repeating_flags=(--json --force -h --help)
    repeating_options=()
    non_repeating_options=(-n --name)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-n'|'--name')
        return
        ;;
    esac
}

_xl_pci-assignable-remove() {
    repeating_flags=()
    non_repeating_flags=(--json -r --rebind -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1
}

_xl_pci-assignable-list() {
    repeating_flags=()
    non_repeating_flags=(-n --show-names --json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac
}

_xl_pause() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_unpause() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_console() {
    repeating_flags=()
    non_repeating_flags=(-h --help)
    repeating_options=()
    non_repeating_options=(-t -n -e)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-t')
        return
        ;;
    '-n')
        return
        ;;
    '-e')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vncviewer() {
    repeating_flags=()
    non_repeating_flags=(-a --autopass --vncviewer-autopass -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_save() {
    repeating_flags=()
    non_repeating_flags=(-c -p -D --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 3

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    2)
        __xl_add_completions -f
        return
        ;;
    3)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_migrate() {
    repeating_flags=()
    non_repeating_flags=(-e -F -p -D --debug --live --no-live --check --skip-check --json -h --help)
    repeating_options=()
    non_repeating_options=(-C -s --max-downtime --max-iterations --min-remaining --timeout --if-busy --bandwidth)
    __xl_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '-C')
        __xl_add_completions -f
        return
        ;;
    '-s')
        return
        ;;
    '--max-downtime')
        return
        ;;
    '--max-iterations')
        return
        ;;
    '--min-remaining')
        return
        ;;
    '--timeout')
        return
        ;;
    '--if-busy')
        __xl_add_completions -W 'stop'$'\n''abort'$'\n''throttle'
        return
        ;;
    '--bandwidth')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_restore() {
    repeating_flags=()
    non_repeating_flags=(--json -c -e -F -p -V --vncviewer -A --vncviewer-autopass -d -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_migrate-receive() {
    repeating_flags=()
    non_repeating_flags=(-F -e -d -p -r -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 0
}

_xl_dump-core() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    2)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_cd-insert() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--format)
    __xl_offer_flags_options 3

    # Offer option value completions
    case "${prev}" in
    '--format')
        __xl_add_completions -W 'raw'$'\n''qcow2'$'\n''vhd'$'\n''qed'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    3)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_cd-eject() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_mem-max() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_mem-set() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_button-press() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    2)
        __xl_add_completions -W 'power'$'\n''sleep'
        return
        ;;
    esac
}

_xl_vcpu-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vcpu-pin() {
    repeating_flags=()
    non_repeating_flags=(--json --force -f -i --ignore-global-affinity-masks -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 4

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vcpu-set() {
    repeating_flags=()
    non_repeating_flags=(--json -i --ignore-host -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vm-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac
}

_xl_info() {
    repeating_flags=()
    non_repeating_flags=(-n --numa -x --xenstore --json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac
}

_xl_sharing() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_sched-credit() {
    repeating_flags=()
    non_repeating_flags=(-s --schedparam --json -h --help)
    repeating_options=()
    non_repeating_options=(--domain -d --weight -w --cap -c -r --ratelimit_us -p --cpupool -t --tslice_ms -m --migration_delay_us)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--domain'|'-d')
        return
        ;;
    '--weight'|'-w')
        return
        ;;
    '--cap'|'-c')
        return
        ;;
    '-r'|'--ratelimit_us')
        return
        ;;
    '-p'|'--cpupool')
        return
        ;;
    '-t'|'--tslice_ms')
        return
        ;;
    '-m'|'--migration_delay_us')
        return
        ;;
    esac
}

_xl_sched-credit2() {
    repeating_flags=()
    non_repeating_flags=(-s --schedparam --json -h --help)
    repeating_options=()
    non_repeating_options=(--domain -d --weight -w --cap -c -r --ratelimit_us -p --cpupool)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--domain'|'-d')
        return
        ;;
    '--weight'|'-w')
        return
        ;;
    '--cap'|'-c')
        return
        ;;
    '-r'|'--ratelimit_us')
        return
        ;;
    '-p'|'--cpupool')
        return
        ;;
    esac
}

_xl_sched-rtds() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=(-v --vcpuid --period -p --budget -b --extratime -e)
    non_repeating_options=(--domain -d -c --cpupool)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--domain'|'-d')
        return
        ;;
    '-v'|'--vcpuid')
        return
        ;;
    '--period'|'-p')
        return
        ;;
    '--budget'|'-b')
        return
        ;;
    '--extratime'|'-e')
        return
        ;;
    '-c'|'--cpupool')
        return
        ;;
    esac
}

_xl_domid() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_domname() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_rename() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_trigger() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 3

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    2)
        __xl_add_completions -W 'nmi'$'\n''reset'$'\n''init'$'\n''power'$'\n''sleep'$'\n''s3resume'
        return
        ;;
    esac
}

_xl_sysrq() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_debug-keys() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1
}

_xl_set-parameters() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1
}

_xl_dmesg() {
    repeating_flags=()
    non_repeating_flags=(-c --clear --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 0
}

_xl_top() {
    repeating_flags=()
    non_repeating_flags=(-n --networks -x --vbds -r --repeat-header -v --vcpus -b --batch -f --full-name -z --dom0-first --json -h --help)
    repeating_options=()
    non_repeating_options=(-d --delay -i --iterations)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '-d'|'--delay')
        return
        ;;
    '-i'|'--iterations')
        return
        ;;
    esac
}

_xl_network-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_network-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_network-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_channel-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_block-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_block-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_block-detach() {
    repeating_flags=()
    non_repeating_flags=(--json --force -f -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vtpm-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vtpm-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vtpm-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vkb-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vkb-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vkb-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vdispl-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vdispl-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vdispl-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vsnd-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vsnd-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_vsnd-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_uptime() {
    repeating_flags=()
    non_repeating_flags=(-s --json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_claims() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac
}

_xl_cpupool-create() {
    repeating_flags=()
    non_repeating_flags=(-n --dryrun --json -h --help)
    repeating_options=()
    non_repeating_options=(-f --defconfig)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-f'|'--defconfig')
        __xl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_cpupool-list() {
    repeating_flags=()
    non_repeating_flags=(-c --cpus --json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words pools')"
        return
        ;;
    esac
}

_xl_cpupool-destroy() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words pools')"
        return
        ;;
    esac
}

_xl_cpupool-rename() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words pools')"
        return
        ;;
    esac
}

_xl_cpupool-cpu-add() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words pools')"
        return
        ;;
    esac
}

_xl_cpupool-cpu-remove() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words pools')"
        return
        ;;
    esac
}

_xl_cpupool-migrate() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    2)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words pools')"
        return
        ;;
    esac
}

_xl_cpupool-numa-split() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 0
}

_xl_getenforce() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 0
}

_xl_setenforce() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W 'Enforcing'$'\n''Permissive'
        return
        ;;
    esac
}

_xl_loadpolicy() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -f
        return
        ;;
    esac
}

_xl_remus() {
    repeating_flags=()
    non_repeating_flags=(-u -e -F -b -n -d -h --help)
    repeating_options=()
    non_repeating_options=(-i -s -N)
    __xl_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '-i')
        return
        ;;
    '-s')
        return
        ;;
    '-N')
        __xl_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_devd() {
    repeating_flags=()
    non_repeating_flags=(-F -h --help)
    repeating_options=()
    non_repeating_options=(-p --pidfile)
    __xl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '-p'|'--pidfile')
        return
        ;;
    esac
}

_xl_psr-hwinfo() {
    repeating_flags=()
    non_repeating_flags=(-m --cmt -a --cat -b --mba --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 0
}

_xl_psr-cmt-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_psr-cmt-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_psr-cmt-show() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W 'cache-occupancy'$'\n''total-mem-bandwidth'$'\n''local-mem-bandwidth'
        return
        ;;
    2)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_psr-cat-set() {
    repeating_flags=()
    non_repeating_flags=(-c --code -d --data --json -h --help)
    repeating_options=(-s --socket)
    non_repeating_options=(-l --level)
    __xl_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '-s'|'--socket')
        return
        ;;
    '-l'|'--level')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_psr-cat-show() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(-l --level)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '-l'|'--level')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_psr-mba-set() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=(-s --socket)
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '-s'|'--socket')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_psr-mba-show() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_usbctrl-attach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_usbctrl-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_usbdev-attach() {
    repeating_flags=()
    non_repeating_flags=(--json --force -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_usbdev-detach() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 3

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_usb-list() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--fields -o)
    __xl_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--fields')
        return
        ;;
    '-o')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_qemu-monitor-command() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 2

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_suspend() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_resume() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_xenstore-quota-get() {
    repeating_flags=()
    non_repeating_flags=(-g --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_xenstore-quota-set() {
    repeating_flags=()
    non_repeating_flags=(--json -g -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1
}

_xl_evacuate() {
    repeating_flags=()
    non_repeating_flags=(--live --no-live --dry-run --json -h --help)
    repeating_options=(--only --except)
    non_repeating_options=(-s --max-downtime --max-iterations --min-remaining --timeout --if-busy --bandwidth --parallel)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-s')
        return
        ;;
    '--max-downtime')
        return
        ;;
    '--max-iterations')
        return
        ;;
    '--min-remaining')
        return
        ;;
    '--timeout')
        return
        ;;
    '--if-busy')
        __xl_add_completions -W 'stop'$'\n''abort'$'\n''throttle'
        return
        ;;
    '--bandwidth')
        return
        ;;
    '--parallel')
        return
        ;;
    '--only')
        return
        ;;
    '--except')
        return
        ;;
    esac
}

_xl_migrate-recover() {
    repeating_flags=()
    non_repeating_flags=(--here --there --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W "$(eval '/usr/lib/swift-xl/words domains')"
        return
        ;;
    esac
}

_xl_config() {
    repeating_flags=()
    non_repeating_flags=(--strict --host --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W 'check'$'\n''show'$'\n''diff'$'\n''keys'
        return
        ;;
    esac
}

_xl_pci-check() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1
}

_xl_doctor() {
    repeating_flags=()
    non_repeating_flags=(--fix --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1
}

_xl_wait() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--for --timeout)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--for')
        return
        ;;
    '--timeout')
        return
        ;;
    esac
}

_xl_events() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=(--since)
    __xl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--since')
        __xl_add_completions -W 'now'$'\n''start'
        return
        ;;
    esac
}

_xl_explain() {
    repeating_flags=()
    non_repeating_flags=(--json -h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __xl_add_completions -W 'nonspecific'$'\n''version'$'\n''fail'$'\n''not_supported'$'\n''no_memory'$'\n''invalid'$'\n''guest_timed_out'$'\n''timed_out'$'\n''no_paravirt'$'\n''not_ready'$'\n''buffer_full'$'\n''lock_fail'$'\n''device_exists'$'\n''vnuma_configuration_invalid'$'\n''domain_not_found'$'\n''aborted'$'\n''not_found'$'\n''domain_destroyed'$'\n''feature_removed'$'\n''qmp_protocol_error'$'\n''qmp_unknown_error'$'\n''qmp_generic_error'$'\n''qmp_command_not_found'$'\n''qmp_device_not_active'$'\n''qmp_device_not_found'$'\n''qemu_api'$'\n''no_hypervisor'$'\n''hypervisor_refused'$'\n''permission_denied'$'\n''xenstore_unreachable'$'\n''xenstore_quota'$'\n''device_model_failed'$'\n''hotplug_failed'$'\n''bootloader_failed'$'\n''monitor_failed'$'\n''usage'$'\n''unknown_command'$'\n''configuration_invalid'$'\n''output_incomplete'$'\n''domain-half-made'$'\n''domain-unwatched'$'\n''domain-without-configuration'$'\n''domain-without-nodes'$'\n''domain-zombie'$'\n''stub-domain-without-guest'$'\n''migration-undecided'$'\n''migration-gone'$'\n''migration-incoming'$'\n''domain-suspended'$'\n''network-buffer'$'\n''device-backend-left'$'\n''device-backend-gone'$'\n''device-unserved'$'\n''device-script-failed'$'\n''device-closing'$'\n''control-disk'$'\n''loop-device-left'$'\n''interface-left'$'\n''usb-device-left'$'\n''xenstored-silent'$'\n''xenconsoled-missing'$'\n''console-unserved'$'\n''device-model-ended'$'\n''device-model-stopped'$'\n''device-model-left'$'\n''bootloader-left'$'\n''script-left'$'\n''lock-held'$'\n''store-nodes-left'$'\n''store-machine-left'$'\n''store-stray-node'$'\n''store-cut-short'$'\n''pool-name-left'$'\n''pool-half-made'$'\n''files-left'$'\n''bootloader-files-left'$'\n''save-unfinished'$'\n''files-unfinished'$'\n''module-missing'$'\n''memory-short'$'\n''loop-devices-short'$'\n''processor-short'$'\n''disk-slow'$'\n''unreadable'$'\n''limit'$'\n''invalid-byte'$'\n''syntax'$'\n''unterminated-string'$'\n''invalid-escape'$'\n''invalid-append'$'\n''duplicate-key'$'\n''unknown-key'$'\n''unused-key'$'\n''deprecated'$'\n''ignored'$'\n''missing-key'$'\n''wrong-type'$'\n''not-a-number'$'\n''out-of-range'$'\n''invalid-value'$'\n''invalid-spec'$'\n''conflict'$'\n''refused'$'\n''host-missing'$'\n''host-shortage'$'\n''host-in-use'$'\n''no-iommu'$'\n''pvh-control-domain'$'\n''no-pciback'$'\n''bridge'$'\n''in-use'$'\n''vital'$'\n''used-here'$'\n''not-assignable'$'\n''reset'$'\n''no-reset'$'\n''other-functions'$'\n''shared-group'$'\n''resource'$'\n''partial-page'
        return
        ;;
    esac
}

_xl_schema() {
    repeating_flags=()
    non_repeating_flags=(-h --help)
    repeating_options=()
    non_repeating_options=()
    __xl_offer_flags_options -1
}

_xl_help() {
    :
}

complete -o filenames -F _xl xl
