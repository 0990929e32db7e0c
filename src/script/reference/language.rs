//! What the functions of the language itself do, in a sentence each: who asks for one may
//! have no network.

/// Each with what it does, by name.
const FUNCTIONS: &[(&str, &str)] = &[
    ("E", "The number e, 2.718…"),
    (
        "Fn",
        "A function by its name as a value, to be called with `.call(…)` or passed on.",
    ),
    ("PI", "The number π, 3.141…"),
    ("abs", "A number without its sign."),
    ("acos", "The angle in radians that has this cosine."),
    ("acosh", "The inverse hyperbolic cosine of a number."),
    ("add", "The sum of two whole numbers, as `+` makes it."),
    ("all", "Whether the closure is true of every item."),
    (
        "append",
        "Adds all items of another list, or a text, at the end.",
    ),
    ("as_string", "The bytes as a text."),
    ("asin", "The angle in radians that has this sine."),
    ("asinh", "The inverse hyperbolic sine of a number."),
    (
        "atan",
        "The angle in radians that has this tangent; of two numbers, that of `y / x`.",
    ),
    ("atanh", "The inverse hyperbolic tangent of a number."),
    (
        "bits",
        "The bits of a whole number, one after another, for a loop.",
    ),
    ("blob", "Bytes: empty, or so many of one value."),
    (
        "bytes",
        "How many bytes a text takes as UTF-8; `len()` counts characters.",
    ),
    ("call", "Calls a function that is held as a value."),
    ("ceiling", "The next whole number at or above a number."),
    (
        "chars",
        "The characters of a text, one after another, for a loop.",
    ),
    (
        "chop",
        "Keeps so many items at the end and takes away those before them.",
    ),
    ("clear", "Takes everything out."),
    (
        "contains",
        "Whether an item, a key or a part of a text is in it.",
    ),
    ("cos", "The cosine of an angle in radians."),
    ("cosh", "The hyperbolic cosine of a number."),
    (
        "crop",
        "Keeps a part of a text, from a place on or of a range, and takes away what is around it.",
    ),
    (
        "curry",
        "A function whose first arguments are set beforehand.",
    ),
    (
        "debug",
        "Prints a value with its quotes and brackets, for who looks for a mistake.",
    ),
    (
        "dedup",
        "Takes out each item that is the same as the one before it.",
    ),
    (
        "divide",
        "The quotient of two whole numbers, as `/` makes it.",
    ),
    (
        "drain",
        "Takes items out, by a range or a closure, and returns them.",
    ),
    ("elapsed", "The seconds since a `timestamp()`."),
    ("end", "The end of a range."),
    ("ends_with", "Whether a text ends with another."),
    ("eval", "Runs a text as a script."),
    (
        "exit",
        "Ends the script; `exit(10)` ends the run with that code where it did not fail.",
    ),
    ("exp", "The number `e` to this power."),
    ("extract", "A part of a list as a new one."),
    (
        "fill_with",
        "Adds those entries of another map whose keys are not there yet.",
    ),
    (
        "filter",
        "The items or entries of which the closure is true.",
    ),
    (
        "find",
        "The first item of which the closure is true; `()` if there is none.",
    ),
    (
        "find_map",
        "The first value a closure returns that is not `()`.",
    ),
    ("floor", "The next whole number at or below a number."),
    (
        "for_each",
        "Calls the closure with each item; in it `this` is the item and can be changed.",
    ),
    ("fraction", "The part of a number behind its point."),
    (
        "get",
        "The item at a place or of a key; `()` if there is none.",
    ),
    (
        "get_bit",
        "Whether a bit of a whole number is set, counted from the lowest.",
    ),
    ("get_bits", "Some bits of a whole number, as a number."),
    (
        "get_fn_metadata_list",
        "The functions of the script, each as a map.",
    ),
    ("hypot", "The length of the side opposite the right angle."),
    (
        "in",
        "Whether an item, a key or a part of a text is in what stands behind it.",
    ),
    (
        "index_of",
        "The place of the first item or text that is the same, or of which a closure is true; -1 if there is none.",
    ),
    (
        "insert",
        "Puts an item at a place; those behind it move on.",
    ),
    ("int", "The part of a number before its point."),
    ("is_anonymous", "Whether a function value is a closure."),
    (
        "is_def_fn",
        "Whether the script has a function of that name and number of parameters.",
    ),
    ("is_def_var", "Whether there is a variable of that name."),
    ("is_empty", "Whether nothing is in it."),
    ("is_even", "Whether a number is even."),
    (
        "is_exclusive",
        "Whether the end of a range is no part of it (`0..5`).",
    ),
    (
        "is_finite",
        "Whether a number is neither infinite nor the result of `0.0 / 0.0`.",
    ),
    (
        "is_inclusive",
        "Whether the end of a range is a part of it (`0..=5`).",
    ),
    ("is_infinite", "Whether a number is infinite."),
    (
        "is_nan",
        "Whether it is the result of an undefined operation, such as `0.0 / 0.0`.",
    ),
    ("is_odd", "Whether a number is odd."),
    ("is_shared", "Whether a variable is shared with a closure."),
    ("is_zero", "Whether a number is zero."),
    ("keys", "The keys of a map as an array, sorted."),
    (
        "len",
        "How many items, entries, bytes of a blob or characters of a text there are.",
    ),
    ("ln", "The natural logarithm of a number."),
    (
        "log",
        "The logarithm of a number, to base 10 or the one given.",
    ),
    ("make_lower", "Makes the text itself lower case."),
    ("make_upper", "Makes the text itself upper case."),
    (
        "map",
        "What the closure returns for each item, as an array.",
    ),
    ("max", "The higher of two values."),
    ("min", "The lower of two values."),
    (
        "mixin",
        "Adds the entries of another map, in place of those with the same keys.",
    ),
    ("modulo", "What remains of a division, as `%` makes it."),
    (
        "multiply",
        "The product of two whole numbers, as `*` makes it.",
    ),
    ("name", "The name of a function value."),
    (
        "order",
        "A sorted copy of an array; `sort` sorts the array itself.",
    ),
    (
        "order_by",
        "A copy of an array in the order a closure says; `sort_by` sorts the array itself.",
    ),
    (
        "order_desc",
        "A copy of an array, from the highest to the lowest.",
    ),
    (
        "pad",
        "Adds a value or a character at the end until it is that long.",
    ),
    ("parse_be_float", "A number from bytes, the highest first."),
    (
        "parse_be_int",
        "A whole number from bytes, the highest first.",
    ),
    (
        "parse_decimal",
        "A decimal from a text that is a plain number.",
    ),
    (
        "parse_float",
        "A floating-point number from a text; for money use `parse_money`.",
    ),
    (
        "parse_int",
        "A whole number from a text, in base 10 or the one given.",
    ),
    ("parse_json", "A value from JSON text."),
    ("parse_le_float", "A number from bytes, the lowest first."),
    (
        "parse_le_int",
        "A whole number from bytes, the lowest first.",
    ),
    (
        "pop",
        "Takes the last item or character away and returns it.",
    ),
    (
        "power",
        "A number to the power of another, as `**` makes it.",
    ),
    (
        "print",
        "Writes a value to standard output, on a line of its own.",
    ),
    ("push", "Adds an item at the end."),
    (
        "range",
        "The numbers, days or moments from one to another, in steps, for a loop.",
    ),
    (
        "reduce",
        "Makes one value of all items: the closure gets the value so far and the next item.",
    ),
    (
        "reduce_rev",
        "The same as `reduce`, from the last item to the first.",
    ),
    (
        "remove",
        "Takes an item, an entry or a part of a text away.",
    ),
    (
        "replace",
        "Replaces a part of the text itself; `replace_all` leaves the text as it is.",
    ),
    (
        "retain",
        "Keeps only the items or entries of which the closure is true, and returns the others.",
    ),
    ("reverse", "Turns the order of the items around."),
    ("round", "A number without its fraction, to the nearest."),
    (
        "round_down",
        "A decimal cut to so many decimals, towards zero.",
    ),
    (
        "round_half_down",
        "A decimal rounded to so many decimals; a half goes towards zero.",
    ),
    (
        "round_half_up",
        "A decimal rounded to so many decimals; a half goes away from zero.",
    ),
    (
        "round_up",
        "A decimal rounded to so many decimals, away from zero.",
    ),
    (
        "set",
        "Puts an item in a place or under a key, in place of what was there.",
    ),
    ("set_bit", "Sets or clears a bit of a whole number."),
    ("set_bits", "Sets some bits of a whole number."),
    (
        "set_tag",
        "Gives a value a number of its own, read with `tag`.",
    ),
    ("shift", "Takes the first item away and returns it."),
    (
        "sign",
        "1, 0 or -1: whether a number is above, at or below zero.",
    ),
    ("sin", "The sine of an angle in radians."),
    ("sinh", "The hyperbolic sine of a number."),
    (
        "sleep",
        "Waits so many seconds; Ctrl-C ends it, and a plan does not wait.",
    ),
    ("some", "Whether the closure is true of one item at least."),
    (
        "sort",
        "Sorts the array itself, from the lowest to the highest or as a closure says.",
    ),
    ("sort_by", "Sorts the array itself as a closure says."),
    (
        "sort_desc",
        "Sorts the array itself, from the highest to the lowest.",
    ),
    ("splice", "Puts other items in place of a part of a list."),
    (
        "split",
        "The parts of a text between separators or blanks, or a list cut in two.",
    ),
    (
        "split_rev",
        "The parts of a text between separators, from the end.",
    ),
    ("sqrt", "The square root of a number."),
    ("start", "The start of a range."),
    ("starts_with", "Whether a text starts with another."),
    (
        "sub_string",
        "A part of a text as a new one, from a place on, so many characters, or by a range.",
    ),
    (
        "subtract",
        "The difference of two whole numbers, as `-` makes it.",
    ),
    ("tag", "The number that a value was given with `set_tag`."),
    (
        "take",
        "Takes the value out of a variable and leaves `()` there.",
    ),
    ("tan", "The tangent of an angle in radians."),
    ("tanh", "The hyperbolic tangent of a number."),
    (
        "timestamp",
        "The moment it is called, to measure with `elapsed`; for the time of day use `now()`.",
    ),
    ("to_array", "All of it as an array."),
    ("to_binary", "A whole number in base 2, as text."),
    ("to_blob", "A text as the bytes of its UTF-8."),
    ("to_chars", "A text as an array of its characters."),
    ("to_debug", "A value as text with its quotes and brackets."),
    ("to_decimal", "A number as a decimal."),
    ("to_degrees", "An angle in radians, in degrees."),
    (
        "to_float",
        "A number as a floating-point number; never of money.",
    ),
    ("to_hex", "A whole number in base 16, as text."),
    (
        "to_int",
        "A number without its fraction, as a whole number.",
    ),
    ("to_json", "A value as JSON text."),
    ("to_lower", "A text in lower case; the text itself stays."),
    ("to_octal", "A whole number in base 8, as text."),
    ("to_radians", "An angle in degrees, in radians."),
    ("to_string", "A value as text."),
    ("to_upper", "A text in upper case; the text itself stays."),
    ("trim", "Takes the blanks around the text itself away."),
    (
        "truncate",
        "Keeps so many items or characters at the start.",
    ),
    (
        "type_of",
        "The kind of a value, as text, such as `string` or `map`.",
    ),
    (
        "values",
        "The values of a map as an array, in the order of its keys.",
    ),
    ("write_ascii", "Writes an ASCII text into bytes at a place."),
    (
        "write_be",
        "Writes a number into bytes at a place, the highest byte first.",
    ),
    (
        "write_le",
        "Writes a number into bytes at a place, the lowest byte first.",
    ),
    (
        "write_utf8",
        "Writes a text as UTF-8 into bytes at a place.",
    ),
    ("zip", "Joins two arrays item by item with a closure."),
];

/// What the language's function of that name does.
pub fn of_language(name: &str) -> Option<&'static str> {
    let place = FUNCTIONS.binary_search_by_key(&name, |(name, _)| name);
    place.ok().map(|place| FUNCTIONS[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::reference::entries;

    #[test]
    fn every_function_of_the_language_is_explained() {
        assert!(FUNCTIONS.is_sorted_by_key(|(name, _)| name));
        let of_language = |name: &str| {
            let uses = entries().get(name).map(|entry| &entry.uses);
            uses.is_some_and(|uses| uses.iter().any(|one| one.about.is_empty()))
        };
        let silent: Vec<_> = entries()
            .keys()
            .filter(|name| of_language(name) && super::of_language(name).is_none())
            .collect();
        assert!(silent.is_empty(), "not explained: {silent:?}");
        let unknown: Vec<_> = FUNCTIONS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !entries().contains_key(*name))
            .collect();
        assert!(unknown.is_empty(), "there is no such function: {unknown:?}");
    }
}
