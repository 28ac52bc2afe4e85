//! What stands in a document to be typed in.

/// The lines of the fenced blocks of language `sh`, without those that are empty or a comment.
pub(crate) fn shell_lines(markdown: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_shell = false;
    for line in markdown.lines() {
        match line.strip_prefix("```") {
            Some(language) => is_shell = language == "sh",
            None if is_shell && !line.is_empty() && !line.starts_with('#') => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines
}

/// What comes before the comment of a line, and the comment.
pub(crate) fn without_comment(line: &str) -> (&str, &str) {
    let (line, comment) = line.split_once(" #").unwrap_or((line, ""));
    (line.trim_end(), comment)
}

#[test]
fn only_shell_is_typed_in() {
    let text =
        "Prose\n```sh\n# first\none &\n\ntwo # three\n```\n```json\n{}\n```\n    four\n```sh\nfive\n```\n";
    assert_eq!(shell_lines(text), ["one &", "two # three", "five"]);
    assert_eq!(without_comment("two    # three"), ("two", " three"));
}
