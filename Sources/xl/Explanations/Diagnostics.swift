extension Explanation {
    /// Of what is wrong with a configuration.
    static let diagnostics: [Row] = [
        Row("unreadable", "A file cannot be read.", ["a wrong path", "no permission"], "Correct the path."),
        Row(
            "limit", "The file is larger, or nested more deeply, than any configuration is.",
            ["another file was named: an image, a log"], "Name the configuration."),
        Row(
            "invalid-byte", "A byte stands there that no configuration holds.",
            ["a file in another encoding than UTF-8, such as UTF-16", "a binary file"],
            "Convert it, with iconv(1) for example."),
        Row(
            "syntax", "The text is not of the form key = value.",
            ["a quotation mark or a bracket that is missing in this line or the one before", "a comma between lines"],
            "The caret shows where reading stopped; xl.cfg(5) describes the form."),
        Row(
            "unterminated-string", "A quotation mark is missing.", ["a text that goes over the end of its line"],
            "Close the text in the same line."),
        Row(
            "invalid-escape", "A backslash stands before something that has no meaning there.",
            ["a path with backslashes"], "Write two backslashes for one."),
        Row(
            "invalid-append", "Two values of different kinds are joined with +=.",
            ["a list and a text", "a number"], "Make both lists, or both texts."),
        Row(
            "duplicate-key", "A key is set twice in one file: the last one counts.", ["copied lines"],
            "Remove one of them."),
        Row(
            "unknown-key", "Nothing reads this key.",
            ["a slip", "a key of another tool, or of a variable of one's own"],
            "See 'xl config keys'; remove the line if nothing needs it."),
        Row(
            "unused-key", "A guest of this type does not use the key.", ["a line copied from a guest of another type"],
            "Remove it, or set type= as it was meant."),
        Row(
            "deprecated", "It still works, and something else has taken its place.",
            ["a configuration of an older release"], "Use what the message names."),
        Row(
            "ignored", "The key is accepted, and has no effect here.",
            ["the release of Xen that runs does not have it", "a key of another architecture"],
            "Remove it, or live with it."),
        Row(
            "missing-key", "A key is missing that this configuration needs.", ["a key that requires the other"],
            "Add it; the message names it."),
        Row(
            "wrong-type", "A list stands where one value belongs, or the other way round.",
            ["brackets that are missing or too many"], "Write the value as xl.cfg(5) shows for the key."),
        Row(
            "not-a-number", "A number is expected.", ["a unit behind the number", "quotation marks around words"],
            "Write the number alone, in the unit that xl.cfg(5) names."),
        Row(
            "out-of-range", "The number is smaller or larger than can be.",
            ["another unit was meant", "a digit too many"],
            "The message has the range."),
        Row(
            "invalid-value", "The word is none of those that are accepted.", ["a slip"], "The message lists them."),
        Row(
            "invalid-spec", "The description of a device or of processors is not of its form.",
            ["a comma or an equals sign that is missing", "a word that belongs to another kind of device"],
            "See the device in xl.cfg(5), xl-disk-configuration(5) or xl-network-configuration(5)."),
        Row(
            "conflict", "Keys contradict each other.",
            ["a setting that came from a file and one from the command line"],
            "Remove one of those that the message names."),
        Row(
            "refused", "No guest of this program can have that.",
            ["something that was not built, or that is dangerous"],
            "Leave it out; README's table of differences has the reason."),
        Row(
            "host-missing", "The configuration names something that this host does not have.",
            ["a kernel, an image or a script that is not there", "a bridge or a block device that is missing"],
            "Create it, or correct the name."),
        Row(
            "host-shortage", "The host has too little of something.", ["memory that other guests have", "processors"],
            "Give the guest less, or make room."),
        Row(
            "host-in-use", "Another domain has it already.",
            ["a copied configuration with the same name, UUID, MAC or disk"],
            "Choose another one; 'xl list -v' shows names and UUIDs."),
    ]
}
