//! The catalogue through its public face.

mod own;
mod shipped;
