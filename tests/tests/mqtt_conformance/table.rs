//! The tables.

/// One expectation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The statement or section of the specification.
    pub(crate) rule: &'static str,
    pub(crate) name: &'static str,
    pub(crate) script: &'static str,
    pub(crate) line: usize,
}

/// Reads a table: lines of `[rule] name`, each with its script in the next, and comments.
pub(crate) fn rows(table: &'static str) -> Vec<Row> {
    let mut lines =
        (1..).zip(table.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let mut rows: Vec<Row> = Vec::new();
    while let Some((line, heading)) = lines.next() {
        let Some((rule, name)) = heading.strip_prefix('[').and_then(|heading| heading.split_once("] "))
        else {
            panic!("line {line} is not `[rule] name`")
        };
        let script = lines.next().filter(|(_, script)| script.starts_with("    "));
        let Some((_, script)) = script else { panic!("line {line} has no script behind it") };
        assert!(!rows.iter().any(|row| (row.rule, row.name) == (rule, name)), "line {line} is there twice");
        rows.push(Row { rule, name, script, line });
    }
    rows
}
