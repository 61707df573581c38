//! The service itself, and who one is to it.

use crate::cast::{EPEL, FEDORA, alices, client, refused};
use crate::stage::Stage;
use copr_client::v3::{Client, Config, ProjectOptions};

#[tokio::test]
async fn the_service_says_who_we_are() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    assert_eq!(alice.general().home().await.unwrap()["version"], 3);
    assert_eq!(alice.general().auth_check().await.unwrap().name, "alice");
    assert_eq!(alice.general().username().await.unwrap(), "alice");
    let chroots = alice.mock_chroots().list().await.unwrap();
    let comment_of = |name: &str| chroots.iter().find(|chroot| chroot.name == name).unwrap().comment.clone();
    assert_eq!((comment_of(EPEL).as_str(), comment_of(FEDORA).as_str()), ("A short comment", ""));
}

#[tokio::test]
async fn wrong_credentials_read_and_do_no_more() {
    let stage = Stage::idle();
    let wrong = Client::new(Config::new(&stage.url()).unwrap().token("x", "y")).unwrap();
    assert_eq!(wrong.general().home().await.unwrap()["version"], 3);
    refused(wrong.general().auth_check().await, 401, "Login invalid/expired. Please visit ");
    let options = ProjectOptions::new().chroots([FEDORA]);
    refused(wrong.projects().add(&alices("x"), &options).await, 401, "Login invalid/expired.");
}

#[tokio::test]
async fn a_new_token_replaces_the_old_one() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    let new = alice.general().new_api_token().await.unwrap();
    assert_eq!((new.api_login.len(), new.api_token.reveal().len(), new.expiration.len()), (20, 30, 10));
    refused(alice.general().auth_check().await, 401, "Login invalid/expired.");
    let config = Config::new(&stage.url()).unwrap().token(new.api_login, new.api_token);
    let renewed = Client::new(config).unwrap();
    assert_eq!(renewed.general().username().await.unwrap(), "alice");
}
