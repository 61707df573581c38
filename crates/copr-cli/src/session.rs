//! One call of the program: whom it asks, as whom, and where it prints.

use copr_client::v3::{Client, Config, Credentials, Error, FullName};
use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};

use crate::failure::{Cause, Failure};
use crate::name;
use crate::show::Screen;

/// What all commands share.
#[derive(Debug)]
pub struct Session {
    /// Where it prints.
    pub screen: Screen,
    /// Whether to say more.
    pub debug: bool,
    config: Config,
    path: Option<PathBuf>,
    client: OnceCell<Client>,
    named: RefCell<Named>,
}

/// What somebody has named that has to be there.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Projects.
    pub projects: Vec<FullName>,
    /// Chroots of them.
    pub chroots: Vec<String>,
    /// Chroots of the service.
    pub chroots_of_service: Vec<String>,
}

impl Session {
    /// Reads the configuration: the file that is named, or else the one in the home. Nothing is asked yet.
    pub fn open(path: Option<PathBuf>, debug: bool, screen: Screen) -> Result<Self, Failure> {
        let config = match &path {
            Some(path) if !path.exists() => {
                return Err(Failure::config(&format!("File {} is missing.", path.display())));
            }
            Some(path) => Config::from_file(path),
            None => Config::from_default_file(),
        };
        let config = config.map_err(Error::from)?;
        Ok(Self { screen, debug, config, path, client: OnceCell::new(), named: RefCell::default() })
    }

    /// Who is asked, and as whom.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The file of the configuration: the one that was named, or that of the home, whether or not it is there.
    pub fn path(&self) -> Option<PathBuf> {
        self.path.clone().or_else(|| Some(std::env::home_dir()?.join(".config/copr")))
    }

    /// The address of the service, without a slash at its end.
    pub fn url(&self) -> &str {
        self.config.url().trim_end_matches('/')
    }

    /// The client, made when it is first needed.
    pub fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(self.config.clone())?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Nothing is asked for that needs credentials when there are none.
    pub fn authenticated(&self) -> Result<&Client, Failure> {
        match self.config.shown() {
            Credentials::None if !self.config.has_gssapi() => Err(self.nobody()),
            _ => self.client(),
        }
    }

    fn nobody(&self) -> Failure {
        let file = self.path().unwrap_or_else(|| Path::new("~/.config/copr").to_owned());
        let failure = Failure::forbidden(&format!(
            "There is no `login` and `token` in `{}`.\nhint: {}/api shows what belongs there",
            file.display(),
            self.url()
        ));
        failure.of(Cause::Nobody)
    }

    /// Our name: from the configuration, or else from the service.
    pub async fn username(&self) -> Result<String, Failure> {
        if let Some(name) = self.config.user() {
            return Ok(name.to_owned());
        }
        Ok(self.authenticated()?.general().username().await?)
    }

    /// A project by how people name it: `[owner/]name`.
    pub async fn project(&self, text: &str) -> Result<FullName, Failure> {
        let (owner, name) = name::owned(text);
        let project = match owner {
            Some(owner) => FullName::new(owner, name),
            None => FullName::new(self.own(text, WRONG_PROJECT).await?, name),
        };
        let of = FullName::new(&project.owner, name::project_of(&project.name));
        self.named.borrow_mut().projects.push(of);
        Ok(project)
    }

    /// A project and a directory of it: `[owner/]name[:more]`.
    pub async fn directory(&self, text: &str) -> Result<(FullName, String), Failure> {
        let FullName { owner, name } = self.project(text).await?;
        Ok((FullName::new(owner, name::project_of(&name)), name))
    }

    /// A project and a chroot of it: `[owner/]project/chroot`.
    pub async fn chroot(&self, text: &str) -> Result<(FullName, String), Failure> {
        let (owner, project, chroot) =
            name::chroot(text).ok_or_else(|| Failure::here("Unexpected chroot path format"))?;
        let owner = match owner {
            Some(owner) => owner.to_owned(),
            None => self.own(text, WRONG_CHROOT).await?,
        };
        let project = FullName::new(owner, project);
        self.note(|named| {
            named.projects.push(project.clone());
            named.chroots.push(chroot.to_owned());
        });
        Ok((project, chroot.to_owned()))
    }

    /// Takes note of what somebody has named.
    pub fn note(&self, noted: impl FnOnce(&mut Named)) {
        noted(&mut self.named.borrow_mut());
    }

    /// What somebody has named.
    pub fn named(&self) -> Named {
        self.named.borrow().clone()
    }

    /// Our name, for who did not say an owner in `text`.
    async fn own(&self, text: &str, advice: &str) -> Result<String, Failure> {
        self.username().await.map_err(|failure| failure.after(&format!("ERROR: {}", advice.replace("{}", text))))
    }
}

const WRONG_PROJECT: &str = "Wrong project argument format '{}'.  Please use the full '<owner>/<project>' argument \
                             format, or authenticate to use the short '<project>' format (which means \
                             '<your_username>/<project>').";
const WRONG_CHROOT: &str = "Wrong chroot path format '{}'. Use the full '<owner>/<project>/<chroot>' format or \
                            authenticate to use the short '<project>/<chroot>' format (which means \
                            '<your_username>/<project>/<chroot>').";
