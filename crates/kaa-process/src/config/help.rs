//! `--help`, and the table of the book: the entries and what they mean.

use std::fmt::Write;

use serde::Serialize;

use super::Program;
use super::command_line::{OPTIONS, expected};
use super::key::Key;
use super::report::{meaning, shown_default, values};
use super::shape::Shape;

/// How wide a line may be, in characters.
const WIDTH: usize = 100;

pub(super) fn help(program: &Program, keys: &[Key], defaults: &impl Serialize) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}\n", program.version(), program.about);
    let _ = writeln!(text, "Usage: {} [FLAG [VALUE]]…", program.name);
    for command in &program.commands {
        let json = if command.json { " [--json]" } else { "" };
        let _ = writeln!(text, "       {} {}{json} [FLAG [VALUE]]…", program.name, command.name);
    }
    if !program.commands.is_empty() {
        let _ = writeln!(text, "\nCommands:");
        program.commands.iter().for_each(|command| line(&mut text, command.name, command.doc));
    }
    let _ = writeln!(text, "\nFlags:");
    program.switches.iter().for_each(|switch| line(&mut text, switch.flag, switch.doc));
    OPTIONS.iter().for_each(|(option, doc)| line(&mut text, option, doc));
    let _ = writeln!(
        text,
        "\nEntries of the configuration. Each is a flag, a variable of the environment, and an entry of the file, where\n\
         the dots are levels. A flag holds over a variable, a variable over the file."
    );
    let defaults = values(defaults);
    let mut group = "";
    for key in keys {
        let first = key.path.split('.').next().unwrap_or_default();
        if first != group {
            group = first;
            let _ = writeln!(text, "\n{group}:");
        }
        entry(&mut text, key, shown_default(key, &defaults).as_deref());
    }
    text
}

/// An option and what it does.
fn line(text: &mut String, option: &str, doc: &str) {
    let _ = writeln!(text, "  {option:18} {doc}");
}

fn entry(text: &mut String, key: &Key, default: Option<&str>) {
    let mut names = key.flags.clone();
    if key.shape == Shape::Open {
        names = vec![format!("--{}.NAME.…", key.path)];
    } else {
        names.extend(key.variables.iter().cloned());
    }
    let _ = writeln!(text, "  {}", names.join(", "));
    let (meaning, told) = meaning(key.doc);
    let default = default.or(told);
    let mut words = meaning;
    let expected = expected(&key.shape);
    if !expected.is_empty() && expected != "text" && !words.contains(&expected) {
        let _ = write!(words, "{}[{expected}]", if words.is_empty() { "" } else { " " });
    }
    if let Some(default) = default {
        let _ = write!(words, " [default: {default}]");
    }
    wrap(text, &words);
}

/// Text in lines, indented.
fn wrap(text: &mut String, words: &str) {
    let mut width = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if width == 0 || width + length + 1 > WIDTH {
            if width > 0 {
                text.push('\n');
            }
            text.push_str("      ");
            width = 6;
        } else {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    if width > 0 {
        text.push('\n');
    }
}

pub(super) fn table(keys: &[Key], defaults: &impl Serialize) -> String {
    let defaults = values(defaults);
    let mut text =
        "| entry | variable, and other names | default | meaning |\n|---|---|---|---|\n".to_owned();
    for key in keys {
        let default = shown_default(key, &defaults);
        let (meaning, told) = meaning(key.doc);
        let default = default.map(|default| format!("`{default}`"));
        let default = default.or_else(|| told.map(str::to_owned)).unwrap_or_default();
        let mut variables: Vec<_> = key.variables.iter().map(|name| format!("`{name}`")).collect();
        variables.extend(key.flags.iter().skip(1).map(|flag| format!("`{flag}`")));
        let _ = writeln!(text, "| `{}` | {} | {default} | {meaning} |", key.path, variables.join(", "));
    }
    text
}
