//! Repositories: their generations listed, compared, kept and brought back.

use super::fields::{EARLIER, GENERATION, PIN, REPOSITORIES, WHERE};
use super::operation::Operation;
use super::query::{CHROOTNAME, OWNERNAME, PROJECTNAME, optional, required};
use copr_wire::v3::{Repositories, RepositoryDiff};

const NO_PROJECT: &str = "There is no such project, group, directory or chroot.";
const NO_GENERATION: &str = "There is no such project, group, directory, chroot or generation.";
const DIRECTORY: (&str, &str) = ("project_dirname", "The directory; the main one by default.");

/// The descriptions of repositories.
pub fn operations() -> Vec<Operation> {
    let change = |path, summary| {
        Operation::create(path, summary).gives::<Repositories>().says(403, "Who asks does not administer the project.")
    };
    vec![
        Operation::read("/repository/list", "The repositories of a project with the generations that are remembered")
            .query([required(OWNERNAME), required(PROJECTNAME), optional(DIRECTORY), optional(CHROOTNAME)])
            .gives::<Repositories>()
            .says(404, NO_PROJECT),
        Operation::read("/repository/diff", "What differs between two generations of a repository")
            .query([required(OWNERNAME), required(PROJECTNAME), optional(DIRECTORY), required(CHROOTNAME)])
            .query([
                required(("from", "A generation's number, or the name of a pin.")),
                optional(("to", "A generation's number, or the name of a pin; the present one by default.")),
            ])
            .gives::<RepositoryDiff>()
            .says(404, NO_GENERATION),
        change("/repository/pin", "Keeps a generation for good, under a name")
            .takes(&[WHERE, REPOSITORIES, GENERATION, PIN])
            .says(404, NO_GENERATION)
            .says(409, "The name is taken, or the generation is pinned already or not kept any more."),
        change("/repository/unpin", "Keeps a generation no longer than others")
            .takes(&[WHERE, REPOSITORIES, PIN])
            .says(404, NO_GENERATION),
        change("/repository/roll-back", "Makes a new generation that lists what an earlier one does")
            .takes(&[WHERE, REPOSITORIES, EARLIER])
            .says(404, NO_GENERATION),
        change("/repository/promote", "Lists in public what the devel repositories do")
            .takes(&[WHERE, REPOSITORIES])
            .says(404, NO_PROJECT),
    ]
}
