//! Prints what decoding and encoding each record costs, in instructions and allocations, with our
//! codec and with the general ones.
//!
//! Each figure is the difference of two runs under valgrind with different numbers of iterations, so
//! that the start of the process drops out. Ours come from `codec_cost` of kaa-bench-sdk,
//! the others from this program, which calls itself with
//! `<codec> <decode|encode> <iterations> <record>`.

mod codecs;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use codecs::{CODECS, RECORDS};

const FEW: u64 = 200;
const MANY: u64 = 600;

/// A program, and what goes before the operation.
type Program<'a> = (&'a Path, Option<&'a str>);

fn main() -> codecs::Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => print_table(),
        [codec, operation, iterations, record] => {
            codecs::run(codec, operation, iterations.parse()?, record, &typical_datum(record)?)
        }
        _ => Err("usage: kaa-bench [<codec> <decode|encode> <iterations> <record>]".into()),
    }
}

/// The typical golden vector of a record.
fn typical_datum(record: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    for line in include_str!("../../crates/kaa-protocol/tests/golden/vectors.jsonl").lines() {
        let vector: serde_json::Value = serde_json::from_str(line)?;
        let text = |key: &str| vector[key].as_str().unwrap_or_default();
        let name = [text("protocol"), text("record"), text("revision")].join("/");
        if name.trim_end_matches('/') == record && text("what") == "typical" {
            let hex = text("hex");
            let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
            return Ok(bytes.collect::<Result<_, _>>()?);
        }
    }
    Err(format!("there is no typical vector of {record}").into())
}

fn print_table() -> codecs::Outcome {
    let ours = build_codec_cost()?;
    let own = std::env::current_exe()?;
    let programs: Vec<Program<'_>> = [(ours.as_path(), None)]
        .into_iter()
        .chain(CODECS.map(|codec| (own.as_path(), Some(codec))))
        .collect();
    for operation in ["decode", "encode"] {
        println!("\n| {operation} | kaa-protocol | {} |\n|---|---|---|---|---|", CODECS.join(" | "));
        for record in RECORDS {
            let cells: Vec<String> = thread::scope(|scope| {
                let cells: Vec<_> = programs
                    .iter()
                    .map(|program| scope.spawn(|| cell(*program, operation, record.name)))
                    .collect();
                cells.into_iter().map(|cell| cell.join().unwrap_or_default()).collect()
            });
            println!("| {} | {} |", record.name, cells.join(" | "));
        }
    }
    Ok(())
}

/// `instructions / allocations`, or a dash for what a codec cannot do.
fn cell(program: Program<'_>, operation: &str, record: &str) -> String {
    let callgrind = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let memcheck = ["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"];
    let instructions = of_one(program, &callgrind, "Collected :", operation, record);
    let allocations = of_one(program, &memcheck, "total heap usage:", operation, record);
    match (instructions, allocations) {
        (Some(instructions), Some(allocations)) => format!("{instructions:.0} / {allocations:.0}"),
        _ => "–".into(),
    }
}

fn of_one(program: Program<'_>, tool: &[&str], before: &str, operation: &str, record: &str) -> Option<f64> {
    let total = |iterations: u64| {
        let (path, codec) = program;
        let output = Command::new("valgrind")
            .args(tool)
            .arg(path)
            .args(codec)
            .args([operation, &iterations.to_string(), record])
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        let (_, rest) = report.split_once(before)?;
        rest.split_whitespace().next()?.replace(',', "").parse::<f64>().ok()
    };
    Some((total(MANY)? - total(FEW)?) / (MANY - FEW) as f64)
}

/// Builds the program that measures our codec, and says where it is.
fn build_codec_cost() -> Result<PathBuf, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new("cargo")
        .current_dir(root)
        .args(["build", "--release", "--package", "kaa-bench-sdk", "--no-default-features", "--bin", "codec_cost"])
        .args(["--message-format", "json-render-diagnostics"])
        .output()?;
    let built = String::from_utf8(output.stdout)?;
    let mut executables = built.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executables.next_back().ok_or_else(|| "cargo built no program".into())
}
