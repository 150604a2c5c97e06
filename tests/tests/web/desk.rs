//! A factory with real rows, and somebody who sits before it with a browser.

use std::path::PathBuf;

use hafs_proto::BoundedText;
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::worker::ClaimedTask;
use hafs_tests::browser::{Browser, Key, View};
use hafs_tests::client::{Hand, Office, generated, harvested};

/// A desk.
pub const WIDE: View = View { width: 1280, height: 900, dark: false };
/// A phone.
pub const PHONE: View = View { width: 390, height: 844, dark: false };

/// A factory in this process and a browser that looks at it.
pub struct Desk {
    pub office: Office,
    pub browser: Browser,
    /// Where pictures go: into the folder that `HAFS_PICTURES` names, else one that is thrown away.
    pictures: PathBuf,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// A factory with as many accepted samples; nothing where there is no browser.
    pub async fn set(samples: u64, change: impl Fn(&mut Completion) + Send + Sync) -> Option<Self> {
        let browser = Browser::start().await?;
        let folder = tempfile::tempdir().unwrap();
        let office = Office::open(folder.path(), |_| {}).await;
        let hand = office.hire().await;
        office.start(|run| run.target = 100).await;
        let harvest = office.claim_one(&hand).await;
        office.complete(&hand, vec![harvested(&harvest, 0..samples)]).await;
        for number in 1..=samples {
            let task = office.claim_one(&hand).await;
            finish(&office, &hand, &task, number, &change).await;
        }
        let pictures =
            std::env::var_os("HAFS_PICTURES").map_or_else(|| folder.path().join("pictures"), PathBuf::from);
        std::fs::create_dir_all(&pictures).unwrap();
        Some(Self { office, browser, pictures, _folder: folder })
    }

    /// Opens a page of the factory.
    pub async fn open(&mut self, path: &str) {
        let url = format!("{}{path}", self.office.url);
        self.browser.goto(&url).await;
    }

    /// Logs in as somebody who may do everything, by keyboard, and lands where `next` says.
    pub async fn log_in(&mut self, next: &str) {
        self.browser.look(WIDE).await;
        self.open(&format!("/web/login?next={next}")).await;
        self.browser.value("document.querySelector('[name=token]').focus()").await;
        let token = self.office.token.clone();
        self.browser.write(&token).await;
        self.browser.follow(async |browser| browser.press(Key::ENTER).await).await;
    }

    /// A picture of the page that is open.
    pub async fn picture(&mut self, name: &str) {
        let file = self.pictures.join(format!("{name}.png"));
        self.browser.picture(&file).await;
    }

    /// Nothing went wrong and nothing left the house.
    pub async fn quiet(&mut self) {
        let home = self.office.url.clone();
        assert_eq!(self.browser.trouble(&home).await, Vec::<String>::new());
    }
}

async fn finish(
    office: &Office,
    hand: &Hand,
    task: &ClaimedTask,
    number: u64,
    change: &(impl Fn(&mut Completion) + Send + Sync),
) {
    let mut done = generated(task, number);
    if let TaskOutput::Generate { candidates, .. } = &mut done.output {
        let text = format!("{}\nIt blooms in June.\nIt likes wet ground.", candidates[0].output.as_str());
        candidates[0].output = BoundedText::clipped(&text);
    }
    change(&mut done);
    office.complete(hand, vec![done]).await;
}
