# The lines of `measure` as a table; exits 1 when a row is worse than it may be.

function median(list,    values, count, i, j, value) {
    count = split(list, values, " ")
    for (i = 2; i <= count; i++) {
        value = values[i]
        for (j = i; j > 1 && values[j - 1] + 0 > value + 0; j--) values[j] = values[j - 1]
        values[j] = value
    }
    return values[int((count + 1) / 2)]
}
function worse(text) { complaints = complaints "\n  " $2 ", " $3 " others: " text }
function start_table() {
    if (!has_header++) printf row, "command", "others", "time", "ratio", "system calls", "forks", "execs", "store trips"
}

BEGIN {
    row = "%-22s %6s  %15s %6s  %15s  %9s  %9s  %15s\n"
    split("system calls|forks|execs|store trips", name, "|")
}
$1 == "time" {
    key = $2 "|" $3
    times[key, $4] = times[key, $4] " " $5
    # The tools take turns: each second time completes one.
    if (key in pending) {
        other = pending[key]
        delete pending[key]
        if ($4 == "ours") ratio = $5 / (other ? other : 1)
        else ratio = other / ($5 ? $5 : 1)
        ratios[key] = ratios[key] " " ratio
    } else pending[key] = $5
}
$1 == "count" && $4 == "ours" { counts[$2 "|" $3] = $5 }
$1 == "count" && $4 == "upstream" {
    start_table()
    key = $2 "|" $3
    split(counts[key], ours, " ")
    split($5, theirs, " ")
    ratio = median(ratios[key])
    printf row, $2, $3, median(times[key, "ours"]) " / " median(times[key, "upstream"]), sprintf("%.2f", ratio),
        ours[1] " / " theirs[1], ours[2] " / " theirs[2], ours[3] " / " theirs[3], ours[4] " / " theirs[4]
    fflush()
    limit = ($2 == "dry run" ? 1.5 : $2 ~ /HVM/ ? 0.9 : 1) * (1 + noise / 100)
    if (ratio > limit) worse("time")
    for (i = 1; i <= 4; i++) if ($2 != "dry run" && ours[i] + 0 > theirs[i] + 0) worse(name[i])
}
$1 == "memory" && $4 == "ours" { memory = $5 }
$1 == "memory" && $4 == "upstream" {
    printf "%-22s %6s  %d / %d KiB of its own\n", $2, $3, memory, $5
    fflush()
    if (memory + 0 > 4096) worse("memory")
}
$1 == "trip" {
    trips[$2, $4] = trips[$2, $4] " " $5
    if ($4 == "ours") order[++labels] = $2
}
$1 == "sender" {
    if ($5 + 0 > senders[$4] + 0) senders[$4] = $5
    if ($4 == "ours" && $5 + 0 > 32768) worse("memory")
}
END {
    for (i = 1; i <= labels; i++) {
        label = order[i]
        if (label in printed) continue
        printed[label] = 1
        ours_time = median(trips[label, "ours"])
        theirs_time = median(trips[label, "upstream"])
        ratio = ours_time / (theirs_time ? theirs_time : 1)
        printf "%-28s %17s ms %6.2f\n", label, ours_time " / " theirs_time, ratio
        $2 = label
        $3 = "no"
        if (ratio > (label ~ /^silence/ ? 0.5 : 1) * (1 + noise / 100)) worse("time")
    }
    if (labels) printf "%-28s %17s KiB\n", "sender of a migration", senders["ours"] " / " senders["upstream"]
    if (complaints) {
        print "worse than it may be:" complaints
        exit 1
    }
}
