//! A repository of Subversion, served by its own protocol and over HTTP.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::Server;
use crate::{command, output, temp_dir};

/// Where distributions keep the modules of httpd.
const MODULES: [&str; 2] = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules"];
/// SHA-1 of [`PASSWORD`](super::PASSWORD), as httpd reads it.
const PASSWORD_HASH: &str = "{SHA}NeFnF32wgJEekTEgAwHmFTdZkcQ=";
const HTTPD: &str = include_str!("httpd.conf");

/// Subversion's own server with one repository.
#[derive(Debug)]
pub struct Svn {
    _server: Server,
    address: SocketAddr,
    place: TempDir,
}

impl Svn {
    /// Begins to serve an empty repository.
    pub fn start() -> Result<Svn> {
        let place = temp_dir();
        output(command("svnadmin").arg("create").arg(place.path().join("repository")));
        let address = crate::service::free_address()?;
        let (port, root) = (address.port().to_string(), place.path().display().to_string());
        let listen =
            ["--daemon", "--foreground", "--listen-host", "127.0.0.1", "--listen-port", &port, "--root", &root];
        let server = Server::start(&crate::require("svnserve"), &listen, address)?;
        let svn = Svn { _server: server, address, place };
        Ok(svn)
    }

    /// Serves the same repository over HTTP as well, under `/open/` for everybody and under `/secret/` for [`USER`](super::USER) alone; gives the
    /// server and the beginning of addresses.
    pub fn over_http(&self) -> Result<(Server, String)> {
        let (address, place) = (crate::service::free_address()?, self.place.path().display().to_string());
        // It gives up root's rights, and has to read then.
        output(command("chmod").args(["-R", "a+rX"]).arg(self.place.path()));
        let password = self.place.path().join("passwords");
        fs::write(&password, format!("{}:{PASSWORD_HASH}\n", super::USER))?;
        let modules = MODULES.iter().find(|place| Path::new(place).join("mod_dav_svn.so").exists());
        let modules = modules.context("the package that serves Subversion through httpd is not installed")?;
        let configuration = self.place.path().join("httpd.conf");
        let text =
            HTTPD.replace("{modules}", modules).replace("{place}", &place).replace("{address}", &address.to_string());
        fs::write(&configuration, text)?;
        let program = crate::find("apache2").or_else(|| crate::find("httpd")).context("httpd is not installed")?;
        let arguments = ["-f", &configuration.display().to_string(), "-DFOREGROUND"];
        Ok((Server::start(&program, &arguments, address)?, format!("http://{address}")))
    }

    /// Its address.
    pub fn url(&self, path: &str) -> String {
        format!("svn://{}/repository/{path}", self.address)
    }

    /// Commits the files of a tree at a path, over those that are there.
    pub fn commit(&self, tree: &Path, path: &str, message: &str) {
        let url = format!("file://{}/repository/{path}", self.place.path().display());
        let known =
            command("svn").args(["info", "--non-interactive", &url]).output().is_ok_and(|done| done.status.success());
        if !known {
            output(command("svn").args(["import", "--quiet", "--message", message]).arg(tree).arg(&url));
            return;
        }
        let copy = temp_dir();
        output(command("svn").args(["checkout", "--quiet", &url]).arg(copy.path()));
        output(command("cp").arg("-rT").arg(tree).arg(copy.path()));
        output(command("svn").current_dir(copy.path()).args(["add", "--quiet", "--force", "."]));
        output(command("svn").current_dir(copy.path()).args(["commit", "--quiet", "--message", message]));
    }
}
