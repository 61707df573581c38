//! The pages that people see: values in, HTML out.
//!
//! Each page is a struct with the words it shows and a template in `templates/`; texts that come from users are escaped
//! by the template engine. Everything works without scripts; one small script follows a running build. Not here:
//! where the values come from, HTTP.
//!
//! ```
//! use copr_ui::notice::NotFound;
//!
//! let page = copr_ui::render(&NotFound { looked_for: Some("<b>".to_owned()) }).unwrap();
//! assert!(page.contains("&#60;b&#62;"));
//! ```

pub mod api;
pub mod badge;
pub mod build;
pub mod chain;
pub mod help;
pub mod home;
pub mod integrations;
pub mod listing;
pub mod notice;
pub mod owner;
pub mod package;
pub mod project;
pub mod rebuild;
pub mod renaming;
pub mod repeat;
pub mod repository;
pub mod words;

pub use askama::{Error, Template};

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("../assets/style.css");

/// The script that follows a running build.
pub const FOLLOW: &str = include_str!("../assets/follow.js");

/// The page as HTML.
pub fn render(page: &impl Template) -> Result<String, Error> {
    page.render()
}
