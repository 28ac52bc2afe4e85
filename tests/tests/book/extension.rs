use kaa_ext::prelude::*;

use crate::mixed_fleet::{Advice, Reading, advice};

#[resource("/temperature")]
async fn temperature(Json(reading): Json<Reading>) -> Json<Advice> {
    Json(advice(&reading))
}

pub(crate) fn extension() -> kaa_ext::Builder<()> {
    Extension::new("climate").resources(resources![temperature])
}
