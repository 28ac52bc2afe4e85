//! The relay between clients and extensions: real extensions where they do what is needed, and one that a
//! test plays by hand where they never would. Time is paused: waiting takes none.

mod connections;
mod interleavings;
mod limits;
mod pins;
mod presence;
mod pushes;
mod requests;
mod stopping;
mod world;
