//! No link is dead: in the Markdown files, as a forge shows them, and in the documentation, as rustdoc writes it.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads the files it is about"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

/// The files below a folder with this extension, less what is built or fetched.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    const SKIPPED: [&str; 4] = ["target", "node_modules", ".git", "corpus"];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !SKIPPED.iter().any(|name| path.ends_with(name)) {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// What a Markdown file links to, and what can be linked to in it.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
}

/// The anchor that a forge gives a heading: its letters and digits in lower case, with `-` for a space.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The values of an attribute such as `id="`.
fn attributes<'t>(text: &'t str, attribute: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next())
}

fn page(text: &str) -> Page {
    let mut page = Page::default();
    let mut undefined = Vec::new();
    // A link whose label has no definition: a forge shows it as text in brackets.
    let mut without_definition = |link: BrokenLink<'_>| {
        undefined.push(format!("[{}]", link.reference));
        None::<(CowStr<'_>, CowStr<'_>)>
    };
    let mut heading = None::<String>;
    for event in Parser::new_with_broken_link_callback(text, Options::ENABLE_TABLES, Some(&mut without_definition)) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => page.anchors.extend(heading.take().as_deref().map(slug)),
            Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => page.links.push(dest_url.into()),
            Event::Html(html) | Event::InlineHtml(html) => {
                page.anchors.extend(attributes(&html, "id=\"").map(str::to_owned));
                page.links.extend(attributes(&html, "href=\"").chain(attributes(&html, "src=\"")).map(str::to_owned));
            }
            _ => {}
        }
    }
    page.links.append(&mut undefined);
    page
}

/// The links of a file that lead nowhere, or out of the folder. `anchors` has what can be linked to in each file.
fn dead_links(
    root: &Path,
    file: &Path,
    links: &[String],
    anchors: &BTreeMap<PathBuf, BTreeSet<String>>,
) -> Vec<String> {
    let is_dead = |link: &&String| {
        if ["https://", "http://", "data:"].iter().any(|elsewhere| link.starts_with(elsewhere)) {
            return false;
        }
        let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
        let target = if path.is_empty() { Ok(file.into()) } else { file.parent().unwrap().join(path).canonicalize() };
        let has_anchor = |target: &PathBuf| {
            // `#` alone is the top of the page.
            anchor.is_none_or(|anchor| {
                anchor.is_empty() || anchors.get(target).is_some_and(|anchors| anchors.contains(anchor))
            })
        };
        !target.is_ok_and(|target| target.starts_with(root) && has_anchor(&target))
    };
    links.iter().filter(is_dead).map(|link| format!("{}: {link}", file.display())).collect()
}

#[test]
fn no_link_of_a_markdown_file_is_dead() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
    let mut paths = Vec::new();
    files(&root, "md", &mut paths);
    let pages: BTreeMap<PathBuf, Page> =
        paths.into_iter().map(|path| (path.clone(), page(&fs::read_to_string(path).unwrap()))).collect();
    let anchors = pages.iter().map(|(path, page)| (path.clone(), page.anchors.clone())).collect();
    let dead: Vec<String> =
        pages.iter().flat_map(|(path, page)| dead_links(&root, path, &page.links, &anchors)).collect();
    assert!(dead.is_empty(), "{} dead links:\n{}", dead.len(), dead.join("\n"));
    assert!(pages.values().map(|page| page.links.len()).sum::<usize>() > 400);
}

/// The documentation must have been made before: `cargo doc --no-deps --all-features`.
#[test]
#[ignore = "it reads what `cargo doc` wrote; `.ci/run` runs both"]
fn no_link_of_the_documentation_is_dead() {
    let test = std::env::current_exe().unwrap();
    let documentation = test.ancestors().nth(3).unwrap().join("doc/tollgate").canonicalize().unwrap();
    let mut paths = Vec::new();
    files(&documentation, "html", &mut paths);
    let pages: BTreeMap<PathBuf, String> =
        paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    let anchors = pages
        .iter()
        .map(|(path, html)| (path.clone(), attributes(html, "id=\"").map(str::to_owned).collect()))
        .collect();
    let mut count = 0;
    let mut dead = Vec::new();
    for (path, html) in &pages {
        let links: Vec<String> = ["href=\"", "src=\""]
            .iter()
            .flat_map(|attribute| attributes(html, attribute))
            // Rustdoc writes these itself: the sources, its own scripts and styles, and buttons.
            .filter(|link| {
                !link.contains("/src/tollgate/") && !link.contains("static.files") && !link.starts_with("javascript:")
            })
            .map(str::to_owned)
            .collect();
        count += links.len();
        dead.extend(dead_links(documentation.parent().unwrap(), path, &links, &anchors));
    }
    assert!(dead.is_empty(), "{} dead links:\n{}", dead.len(), dead.join("\n"));
    assert!(count > 10_000, "{count}");
}

#[test]
fn a_dead_link_is_found() {
    let text = "# A page\n\n[here](#a-page) [not](#here) [file](links.rs) [none](none.rs) [undefined] `[code]`\n\n\
                [label] <a id=\"x\"></a>[x](#x) <a href=\"gone.md\">x</a> [out](../../../x)\n\n[label]: main.rs#line\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/main.rs").canonicalize().unwrap();
    let read = page(text);
    let anchors = BTreeMap::from([(file.clone(), read.anchors)]);
    let root = file.ancestors().nth(3).unwrap();
    let dead = dead_links(root, &file, &read.links, &anchors);
    let links: Vec<&str> = dead.iter().map(|line| line.rsplit(": ").next().unwrap()).collect();
    assert_eq!(links, ["#here", "none.rs", "main.rs#line", "gone.md", "../../../x", "[undefined]"]);
}
