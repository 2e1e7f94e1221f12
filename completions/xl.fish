function __xl_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __xl_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __xl_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __xl_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __xl_parse_tokens -S
    set -l unparsed_tokens (__xl_tokens -pc)
    switch $unparsed_tokens[1]
    case 'xl'
        __xl_parse_subcommand 0 'v' 'N' 'f' 't' 'T' 'h/help'
        switch $unparsed_tokens[1]
        case 'create'
            __xl_parse_subcommand -r 1 'f/defconfig=' 'c' 'e' 'F' 'p' 'V/vncviewer' 'A/vncviewer-autopass' 'd' 'n/dryrun' 'plan' 'q/quiet' 'i/ignore-global-affinity-masks' 'h/help'
        case 'config-update'
            __xl_parse_subcommand -r 2 'f/defconfig=' 'd' 'q' 'h/help'
        case 'list'
            __xl_parse_subcommand 1 'l/long' 'v/verbose' 'Z/context' 'c/cpupool' 'n/numa' 'json' 'h/help'
        case 'destroy'
            __xl_parse_subcommand 1 'f' 'h/help'
        case 'shutdown'
            __xl_parse_subcommand 1 'a/all' 'w/wait' 'F' 'h/help'
        case 'reboot'
            __xl_parse_subcommand 1 'a/all' 'w/wait' 'F' 'h/help'
        case 'pause'
            __xl_parse_subcommand 1 'h/help'
        case 'unpause'
            __xl_parse_subcommand 1 'h/help'
        case 'console'
            __xl_parse_subcommand 1 't=' 'n=' 'h/help'
        case 'vncviewer'
            __xl_parse_subcommand 1 'a/autopass' 'h/help'
        case 'save'
            __xl_parse_subcommand 3 'c' 'p' 'D' 'json' 'h/help'
        case 'restore'
            __xl_parse_subcommand -r 1 'c' 'e' 'F' 'p' 'V/vncviewer' 'A/vncviewer-autopass' 'd' 'h/help'
        case 'dump-core'
            __xl_parse_subcommand 2 'h/help'
        case 'cd-insert'
            __xl_parse_subcommand 3 'format=' 'h/help'
        case 'cd-eject'
            __xl_parse_subcommand 2 'h/help'
        case 'mem-max'
            __xl_parse_subcommand 2 'h/help'
        case 'mem-set'
            __xl_parse_subcommand 2 'h/help'
        case 'button-press'
            __xl_parse_subcommand 2 'h/help'
        case 'vcpu-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'vcpu-pin'
            __xl_parse_subcommand 4 'f/force' 'i/ignore-global-affinity-masks' 'h/help'
        case 'vcpu-set'
            __xl_parse_subcommand 2 'i/ignore-host' 'h/help'
        case 'vm-list'
            __xl_parse_subcommand 0 'json' 'h/help'
        case 'info'
            __xl_parse_subcommand 1 'n/numa' 'json' 'h/help'
        case 'domid'
            __xl_parse_subcommand 1 'json' 'h/help'
        case 'domname'
            __xl_parse_subcommand 1 'json' 'h/help'
        case 'rename'
            __xl_parse_subcommand 2 'h/help'
        case 'trigger'
            __xl_parse_subcommand 3 'h/help'
        case 'sysrq'
            __xl_parse_subcommand 2 'h/help'
        case 'debug-keys'
            __xl_parse_subcommand 1 'h/help'
        case 'dmesg'
            __xl_parse_subcommand 0 'c/clear' 'json' 'h/help'
        case 'network-attach'
            __xl_parse_subcommand -r 2 'h/help'
        case 'network-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'network-detach'
            __xl_parse_subcommand 2 'h/help'
        case 'block-attach'
            __xl_parse_subcommand -r 2 'h/help'
        case 'block-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'block-detach'
            __xl_parse_subcommand 2 'f/force' 'h/help'
        case 'vtpm-attach'
            __xl_parse_subcommand -r 2 'h/help'
        case 'vtpm-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'vtpm-detach'
            __xl_parse_subcommand 2 'h/help'
        case 'vkb-attach'
            __xl_parse_subcommand -r 2 'h/help'
        case 'vkb-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'vkb-detach'
            __xl_parse_subcommand 2 'h/help'
        case 'vdispl-attach'
            __xl_parse_subcommand -r 2 'h/help'
        case 'vdispl-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'vdispl-detach'
            __xl_parse_subcommand 2 'h/help'
        case 'vsnd-attach'
            __xl_parse_subcommand -r 2 'h/help'
        case 'vsnd-list'
            __xl_parse_subcommand -r 1 'json' 'h/help'
        case 'vsnd-detach'
            __xl_parse_subcommand 2 'h/help'
        case 'uptime'
            __xl_parse_subcommand -r 1 's' 'json' 'h/help'
        case 'cpupool-create'
            __xl_parse_subcommand -r 1 'f/defconfig=' 'n/dryrun' 'json' 'h/help'
        case 'cpupool-list'
            __xl_parse_subcommand 1 'c/cpus' 'json' 'h/help'
        case 'cpupool-destroy'
            __xl_parse_subcommand 1 'h/help'
        case 'cpupool-rename'
            __xl_parse_subcommand 2 'h/help'
        case 'cpupool-cpu-add'
            __xl_parse_subcommand 2 'h/help'
        case 'cpupool-cpu-remove'
            __xl_parse_subcommand 2 'h/help'
        case 'cpupool-migrate'
            __xl_parse_subcommand 2 'h/help'
        case 'cpupool-numa-split'
            __xl_parse_subcommand 0 'h/help'
        case 'qemu-monitor-command'
            __xl_parse_subcommand 2 'json' 'h/help'
        case 'config'
            __xl_parse_subcommand -r 2 'strict' 'host' 'json' 'h/help'
        case 'help'
            __xl_parse_subcommand -r 1 
        end
    end
end

function __xl_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __xl_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __xl_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __xl_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__xl_tokens -p)
    if test -z "$(__xl_tokens -t)"
        set -l index (count (__xl_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'xl' -f
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl"' -s 'v' -d 'Log more.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl" N' -s 'N' -d 'Show what would be done.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl" f' -s 'f' -d 'Without effect.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl" t' -s 't' -d 'Show progress by carriage returns.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl" T' -s 'T' -d 'Begin lines of the log with the time.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'create' -d 'Create a domain from config file <filename>'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'config-update' -d 'Update a running domain\'s saved configuration, used when rebuilding the domain after reboot.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'list' -d 'List information about all/some domains'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'destroy' -d 'Terminate a domain immediately'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'shutdown' -d 'Issue a shutdown signal to a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'reboot' -d 'Issue a reboot signal to a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'pause' -d 'Pause execution of a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'unpause' -d 'Unpause a paused domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'console' -d 'Attach to domain\'s console'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vncviewer' -d 'Attach to domain\'s VNC server.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'save' -d 'Save a domain state to restore later'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'restore' -d 'Restore a domain from a saved state'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'dump-core' -d 'Core dump a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cd-insert' -d 'Insert a cdrom into a guest\'s cd drive'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cd-eject' -d 'Eject a cdrom from a guest\'s cd drive'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'mem-max' -d 'Set the maximum amount reservation for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'mem-set' -d 'Set the current memory usage for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'button-press' -d 'Indicate an ACPI button press to the domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vcpu-list' -d 'List the VCPUs for all/some domains'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vcpu-pin' -d 'Set which CPUs a VCPU can use'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vcpu-set' -d 'Set the number of active VCPUs allowed for the domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vm-list' -d 'List guest domains, excluding dom0, stubdoms, etc.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'info' -d 'Get information about Xen host'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'domid' -d 'Convert a domain name to domain id'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'domname' -d 'Convert a domain id to domain name'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'rename' -d 'Rename a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'trigger' -d 'Send a trigger to a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'sysrq' -d 'Send a sysrq to a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'debug-keys' -d 'Send debug keys to Xen'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'dmesg' -d 'Read and/or clear dmesg buffer'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'network-attach' -d 'Create a new virtual network device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'network-list' -d 'List virtual network interfaces for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'network-detach' -d 'Destroy a domain\'s virtual network device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'block-attach' -d 'Create a new virtual block device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'block-list' -d 'List virtual block devices for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'block-detach' -d 'Destroy a domain\'s virtual block device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vtpm-attach' -d 'Create a new virtual TPM device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vtpm-list' -d 'List virtual TPM devices for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vtpm-detach' -d 'Destroy a domain\'s virtual TPM device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vkb-attach' -d 'Create a new virtual keyboard device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vkb-list' -d 'List virtual keyboard devices for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vkb-detach' -d 'Destroy a domain\'s virtual keyboard device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vdispl-attach' -d 'Create a new virtual display device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vdispl-list' -d 'List virtual display devices for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vdispl-detach' -d 'Destroy a domain\'s virtual display device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vsnd-attach' -d 'Create a new virtual sound device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vsnd-list' -d 'List virtual display devices for a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'vsnd-detach' -d 'Destroy a domain\'s virtual sound device'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'uptime' -d 'Print uptime for all/some domains'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-create' -d 'Create a new CPU pool'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-list' -d 'List CPU pools on host'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-destroy' -d 'Deactivates a CPU pool'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-rename' -d 'Renames a CPU pool'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-cpu-add' -d 'Adds a CPU to a CPU pool'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-cpu-remove' -d 'Removes a CPU from a CPU pool'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-migrate' -d 'Moves a domain into a CPU pool'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'cpupool-numa-split' -d 'Splits up the machine into one CPU pool per NUMA node'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'qemu-monitor-command' -d 'Issue a qemu monitor command to the device model of a domain'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'config' -d 'Check, show or compare configurations, or list the keys they can have'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl create" -ge 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" defconfig f' -s 'f' -l 'defconfig' -d 'Use the given configuration file.' -rF
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" c' -s 'c' -d 'Connect to the console after the domain is created.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" e' -s 'e' -d 'Do not wait in the background for the death of the domain.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" F' -s 'F' -d 'Run in foreground until death of the domain.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" p' -s 'p' -d 'Leave the domain paused after it is created.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" V vncviewer' -s 'V' -l 'vncviewer' -d 'Connect to the VNC display after the domain is created.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" A vncviewer-autopass' -s 'A' -l 'vncviewer-autopass' -d 'As -V, and pass the VNC password to the viewer.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" d' -s 'd' -d 'Print the resulting configuration.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" dryrun n' -s 'n' -l 'dryrun' -d 'Print the resulting configuration, and create nothing; as \'xl -N create\'.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" plan' -l 'plan' -d 'Print as JSON what would be done, and do nothing.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" q quiet' -s 'q' -l 'quiet' -d 'Do not say which file is read.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" i ignore-global-affinity-masks' -s 'i' -l 'ignore-global-affinity-masks' -d 'Ignore the CPU masks of xl.conf.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl create" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl config-update" -ge 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config-update" defconfig f' -s 'f' -l 'defconfig' -d 'Use the given configuration file.' -rF
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config-update" d' -s 'd' -d 'Print the resulting configuration.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config-update" q' -s 'q' -d 'Accepted and without effect.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config-update" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" l long' -s 'l' -l 'long' -d 'Show each domain\'s whole configuration as JSON.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" v verbose' -s 'v' -l 'verbose' -d 'Also show UUID, shutdown code and security label.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" Z context' -s 'Z' -l 'context' -d 'Also show the security label.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" c cpupool' -s 'c' -l 'cpupool' -d 'Also show the CPU pool.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" n numa' -s 'n' -l 'numa' -d 'Also show the NUMA node affinity.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" json' -l 'json' -d 'Print all of it as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl destroy" f' -s 'f' -d 'Permit destroying domain 0.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl destroy" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl shutdown" a all' -l 'all' -s 'a' -d 'Ask all domains but domain 0.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl shutdown"' -l 'wait' -s 'w' -d 'Wait until the domains have shut down; twice: until they are gone.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl shutdown" F' -s 'F' -d 'Press the virtual power or reset button of guests without drivers that take requests.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl shutdown" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl reboot" a all' -l 'all' -s 'a' -d 'Ask all domains but domain 0.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl reboot"' -l 'wait' -s 'w' -d 'Wait until the domains have shut down; twice: until they are gone.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl reboot" F' -s 'F' -d 'Press the virtual power or reset button of guests without drivers that take requests.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl reboot" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl pause" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl unpause" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl console" t' -s 't' -d 'The console\'s type: pv, serial or vuart.' -rfka ''
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl console" n' -s 'n' -d 'The console\'s number; counts only together with -t.' -rfka ''
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl console" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vncviewer" a autopass vncviewer-autopass' -s 'a' -l 'autopass' -l 'vncviewer-autopass' -d 'Pass VNC password to viewer via stdin and -autopass.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vncviewer" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl save" c' -s 'c' -d 'Leave domain running after creating the snapshot.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl save" p' -s 'p' -d 'Leave domain paused after creating the snapshot.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl save" D' -s 'D' -d 'Store the domain id in the configuration.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl save" json' -l 'json' -d 'Print what was done as a JSON document, and what happens as lines of JSON on standard error.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl save" -eq 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl save" -eq 2' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl save" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl restore" -ge 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" c' -s 'c' -d 'Connect to the console after the domain is created.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" e' -s 'e' -d 'Do not wait in the background for the death of the domain.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" F' -s 'F' -d 'Run in foreground until death of the domain.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" p' -s 'p' -d 'Leave the domain paused after it is created.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" V vncviewer' -s 'V' -l 'vncviewer' -d 'Connect to the VNC display after the domain is created.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" A vncviewer-autopass' -s 'A' -l 'vncviewer-autopass' -d 'As -V, and pass the VNC password to the viewer.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" d' -s 'd' -d 'Print the resulting configuration.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl restore" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl dump-core" -eq 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl dump-core" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cd-insert" format' -l 'format' -d 'The image\'s format: raw, qcow2, qcow, vhd or qed.' -rfka 'raw qcow2 vhd qed'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl cd-insert" -eq 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cd-insert" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cd-eject" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl mem-max" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl mem-set" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl button-press" -eq 1' -fka 'power sleep'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl button-press" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-pin" f force' -l 'force' -s 'f' -d 'Also undo an override pinning done by the guest\'s kernel.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-pin" i ignore-global-affinity-masks' -s 'i' -l 'ignore-global-affinity-masks' -d 'Ignore the CPU masks of xl.conf.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-pin" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-set" i ignore-host' -s 'i' -l 'ignore-host' -d 'Don\'t limit the vCPU based on the host CPU count.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vcpu-set" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vm-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vm-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl info" n numa' -s 'n' -l 'numa' -d 'Also show the layout of CPUs, devices and NUMA nodes.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl info" json' -l 'json' -d 'Print it as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl info" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl domid" json' -l 'json' -d 'Print it as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl domid" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl domname" json' -l 'json' -d 'Print it as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl domname" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl rename" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl trigger" -eq 1' -fka 'nmi reset init power sleep s3resume'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl trigger" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl sysrq" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl debug-keys" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl dmesg" c clear' -s 'c' -l 'clear' -d 'Empty the buffer after reading it.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl dmesg" json' -l 'json' -d 'Print the lines as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl dmesg" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl network-attach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl network-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl network-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl network-detach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl block-attach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl block-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl block-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl block-detach" f force' -l 'force' -s 'f' -d 'Take the disk away even if the guest does not let go of it.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl block-detach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vtpm-attach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vtpm-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vtpm-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vtpm-detach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vkb-attach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vkb-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vkb-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vkb-detach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vdispl-attach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vdispl-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vdispl-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vdispl-detach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vsnd-attach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vsnd-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vsnd-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl vsnd-detach" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl uptime" s' -s 's' -d 'Print a line a domain in the form of uptime(1).'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl uptime" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl uptime" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl cpupool-create" -ge 1' -F
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-create" defconfig f' -s 'f' -l 'defconfig' -d 'Use the given configuration file.' -rF
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-create" dryrun n' -s 'n' -l 'dryrun' -d 'Print the resulting configuration, and create nothing; as \'xl -N cpupool-create\'.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-create" json' -l 'json' -d 'Print the pool as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-create" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-list" c cpus' -s 'c' -l 'cpus' -d 'Show the processors of each pool.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-list" json' -l 'json' -d 'Print them as a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-destroy" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-rename" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-cpu-add" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-cpu-remove" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-migrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl cpupool-numa-split" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl qemu-monitor-command" json' -l 'json' -d 'Print the answer in a JSON document.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl qemu-monitor-command" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'xl' -n '__xl_should_offer_completions_for_positional "xl config" -eq 1' -fka 'check show diff keys'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config" strict' -l 'strict' -d 'check: let warnings count as errors.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config" host' -l 'host' -d 'check: also look for what the files name on this host.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config" json' -l 'json' -d 'Answer in JSON.'
complete -c 'xl' -n '__xl_should_offer_completions_for_flags_or_options "xl config" h help' -s 'h' -l 'help' -d 'Show help information.'
