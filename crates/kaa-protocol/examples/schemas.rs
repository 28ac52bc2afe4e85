//! Writes the schema of every record into files, for those who read Avro with something else.
//!
//! ```text
//! cargo run -p kaa-protocol --example schemas -- crates/kaa-protocol/schemas
//! ```
//!
//! A test compares the files with what the definitions of the records say.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use kaa_protocol::catalog::RECORDS;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: schemas <directory>")?);
    for info in RECORDS {
        let file = root.join(info.schema_file());
        fs::create_dir_all(file.parent().unwrap_or(&root))?;
        fs::write(file, info.schema() + "\n")?;
    }
    Ok(())
}
