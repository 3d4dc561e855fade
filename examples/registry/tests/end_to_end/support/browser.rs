//! A real browser: Chromium without a window, driven by `ChromeDriver`.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{Server, server::temporary_folder};

/// How long a page may take to show an element. The limit is high, because the machine may be under load.
const PATIENCE: Duration = Duration::from_secs(30);

/// The width and height of a window.
const DESKTOP: (u32, u32) = (1000, 900);
const PHONE: (u32, u32) = (360, 740);

/// The browser that a person uses.
#[derive(Clone, Copy, PartialEq)]
enum Device {
    Desktop,
    /// A narrow window with dark colours, in which scripts are blocked.
    Phone,
}

/// **A browser with a profile of its own.** It is closed at the end of the test.
pub(crate) struct Browser {
    runtime: Runtime,
    client: Client,
    driver: Child,
    url: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser for the pages of the server. If Chromium or `ChromeDriver` is not installed, prints a message and
    /// returns `None`.
    pub(crate) fn start(server: &Server) -> Option<Self> {
        Self::start_device(server, Device::Desktop)
    }

    /// Starts a browser in a narrow window with dark colours, in which scripts are blocked.
    pub(crate) fn start_on_phone(server: &Server) -> Option<Self> {
        Self::start_device(server, Device::Phone)
    }

    fn start_device(server: &Server, device: Device) -> Option<Self> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut driver) = command.spawn() else {
            println!("SKIPPED: chromedriver is not installed, so the pages are not tested in a browser");
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.rsplit_once("started successfully on port ").map(|(_, port)| port.replace('.', "")));
        let port = port.expect("the port of chromedriver");
        let profile = temporary_folder();
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            // Root, which tests in a container often run as, may not start Chromium's sandbox.
            "--no-sandbox".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let (size, javascript) = match device {
            Device::Desktop => (DESKTOP, 1),
            Device::Phone => {
                arguments.push("--force-dark-mode".to_owned());
                (PHONE, 2)
            }
        };
        let mut capabilities = Map::new();
        let preferences = json!({
            "profile.managed_default_content_settings.javascript": javascript,
            "credentials_enable_service": false,
            "profile.password_manager_enabled": false,
            "profile.password_manager_leak_detection": false,
        });
        capabilities.insert("goog:chromeOptions".into(), json!({ "args": arguments, "prefs": preferences }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let started = runtime.block_on(async {
            let connect = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).clone();
            let client = connect.connect(&format!("http://127.0.0.1:{port}")).await?;
            Ok::<_, Box<dyn std::error::Error>>(client)
        });
        let client = started.unwrap_or_else(|error| {
            let _ = driver.kill();
            panic!("Chromium does not start: {error}")
        });
        let browser = Self { runtime, client, driver, url: server.url(), _profile: profile };
        browser.run(browser.client.set_window_size(size.0, size.1));
        Some(browser)
    }

    fn run<T>(&self, work: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(work).unwrap_or_else(|error| panic!("{error}\n{}", self.seen()))
    }

    /// What the browser shows, for the message of a test that fails.
    fn seen(&self) -> String {
        let seen = async {
            let url = self.client.current_url().await?;
            let body = self.client.find(Locator::Css("body")).await?.text().await?;
            Ok::<_, CmdError>(format!("at {url}:\n{body}"))
        };
        self.runtime.block_on(seen).unwrap_or_default()
    }

    /// Opens a path of the server.
    pub(crate) fn open(&self, path: &str) -> &Self {
        self.run(self.client.goto(&format!("{}{}", self.url.trim_end_matches('/'), path)));
        self
    }

    /// The URL of the page.
    pub(crate) fn url(&self) -> String {
        self.run(self.client.current_url()).to_string()
    }

    fn find(&self, css: &str) -> Element {
        self.run(self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)))
    }

    /// Types a text into the field with this name, in place of the text that is there. `form` is the CSS selector of the
    /// form that has it.
    pub(crate) fn fill_in(&self, form: &str, fields: &[(&str, &str)]) -> &Self {
        for (name, text) in fields {
            let field = self.find(&format!("{form} [name={name}]"));
            self.run(field.clear());
            self.run(field.send_keys(text));
        }
        self
    }

    /// Selects the option with this value in the list with this name.
    pub(crate) fn choose(&self, name: &str, value: &str) -> &Self {
        let list = self.find(&format!("select[name={name}]"));
        self.run(list.select_by_value(value));
        self
    }

    /// Clicks the link or button with this text, and waits for the page that follows.
    pub(crate) fn click(&self, text: &str) -> &Self {
        let words = format!(
            "//main//*[self::a or self::button][normalize-space()='{text}']|//header//button[normalize-space()='{text}']"
        );
        let element = self.run(self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&words)));
        let before = self.find("html").element_id();
        self.run(element.click());
        let begun = Instant::now();
        while self.find("html").element_id() == before {
            assert!(begun.elapsed() < PATIENCE, "no page follows the click on {text:?}\n{}", self.seen());
            thread::sleep(Duration::from_millis(10));
        }
        self
    }

    /// Clicks the box with this name.
    pub(crate) fn check(&self, name: &str) -> &Self {
        let field = self.find(&format!("input[name={name}]"));
        self.run(field.click());
        self
    }

    /// The text of the page's main part.
    pub(crate) fn text(&self) -> String {
        let main = self.find("main");
        self.run(main.text())
    }

    /// Fails the test unless the main part of the page has this text.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> &Self {
        let shown = self.text();
        assert!(shown.contains(text), "expected {text:?}\n{}", self.seen());
        self
    }

    /// The text of the element with this id.
    pub(crate) fn text_of(&self, id: &str) -> String {
        let element = self.find(&format!("#{id}"));
        self.run(element.text())
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> String {
        self.run(self.client.get_named_cookie(name)).value().to_owned()
    }

    /// The widths in pixels of the page and of the window. A page that is wider must be scrolled sideways.
    pub(crate) fn widths(&self) -> (u64, u64) {
        let script = "return [document.documentElement.scrollWidth, window.innerWidth]";
        let widths = self.run(self.client.execute(script, vec![]));
        (widths[0].as_u64().unwrap(), widths[1].as_u64().unwrap())
    }

    /// The colour behind the page.
    pub(crate) fn background(&self) -> String {
        let body = self.find("body");
        self.run(body.css_value("background-color"))
    }

    /// The element that has the focus, as its tag and name or text, after the key Tab was pressed.
    pub(crate) fn tab(&self) -> String {
        let described = async {
            self.client.active_element().await?.send_keys("\u{E004}").await?;
            let element = self.client.active_element().await?;
            let name = element.attr("name").await?.unwrap_or_default();
            let text = element.text().await?;
            Ok(format!("{} {}", element.tag_name().await?, if name.is_empty() { text } else { name }))
        };
        self.run(described)
    }

    /// Writes a picture of the page into the folder that the environment variable `TOLLGATE_SCREENSHOTS` names.
    pub(crate) fn picture(&self, name: &str) -> &Self {
        if let Some(folder) = std::env::var_os("TOLLGATE_SCREENSHOTS") {
            fs::write(Path::new(&folder).join(format!("{name}.png")), self.run(self.client.screenshot())).unwrap();
        }
        self
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
