//! The frame of every page, and the parts of forms.

use axum::{
    body::Body,
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use maud::{DOCTYPE, Markup, html};
use tollgate::UserName;

use crate::{
    reply::response,
    web::visitor::{FORM_PROOF, Fields, Visitor},
};

/// The path of the pages.
pub(crate) const ROOT: &str = "/-/web";

/// A page loads nothing from another server, runs no script that is written in the page itself, and is not shown in a
/// frame.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; \
                              base-uri 'none'; frame-ancestors 'none'";

/// **The content of a page.**
pub(crate) struct Page<'p> {
    pub(crate) title: &'p str,
    /// The account that is logged in.
    pub(crate) user: Option<&'p UserName>,
    pub(crate) content: Markup,
}

/// The response with a page.
pub(crate) fn page(status: StatusCode, visitor: &Visitor<'_>, page: &Page<'_>) -> Response {
    let Page { title, user, content } = page;
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · tollgate-registry" }
                link rel="stylesheet" href={ (ROOT) "/style.css" };
                script src={ (ROOT) "/copy.js" } defer {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    strong { "tollgate-registry" }
                    @if let Some(user) = user {
                        nav aria-label="Pages" {
                            a href={ (ROOT) "/tokens" } { "Tokens" } " "
                            a href={ (ROOT) "/security" } { "Security" } " "
                            a href={ (ROOT) "/organizations" } { "Organizations" }
                        }
                        form method="post" action={ (ROOT) "/log-out" } {
                            (proof(visitor))
                            span { (user) " " }
                            button.second { "Log out" }
                        }
                    }
                }
                main id="content" {
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    let mut response = Response::new(Body::from(document.into_string()));
    *response.status_mut() = status;
    response::set_header(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    response::set_header(&mut response, header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    // Some URLs are secrets, so no other site may see them as a referrer.
    response::set_header(&mut response, header::REFERRER_POLICY, "no-referrer");
    response::set_header(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response::set_header(&mut response, header::CACHE_CONTROL, "no-store");
    response::set_header(&mut response, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    response
}

/// The response that sends the browser to another page.
pub(crate) fn redirect(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response::set_header(&mut response, header::LOCATION, path);
    response::set_header(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// The hidden field that proves that the form comes from this server.
pub(crate) fn proof(visitor: &Visitor<'_>) -> Markup {
    html! { input type="hidden" name=(FORM_PROOF) value=(visitor.proof()); }
}

/// **What is wrong with a form**: a text for a field, or for the whole form if `field` is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

impl FieldError {
    /// An error about the whole form.
    pub(crate) fn whole(text: impl Into<String>) -> Self {
        Self { field: "", text: text.into() }
    }
}

/// The status of a page with a form that was not sent yet, or that was refused with this error.
pub(crate) const fn form_status(error: Option<&FieldError>) -> StatusCode {
    if error.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK }
}

/// The error about the whole form, above it.
pub(crate) fn form_error(error: Option<&FieldError>) -> Markup {
    let error = error.filter(|error| error.field.is_empty());
    html! { @if let Some(error) = error { p.problem role="alert" { (error.text) } } }
}

/// An input with its label, a hint, and its error.
#[derive(Clone, Copy)]
pub(crate) struct Field<'f> {
    /// The form, if the page has more than one. It makes the ids of the page unique.
    form: &'static str,
    name: &'static str,
    label: &'f str,
    hint: &'f str,
    error: Option<&'f FieldError>,
}

impl<'f> Field<'f> {
    pub(crate) const fn new(name: &'static str, label: &'f str) -> Self {
        Self { form: "", name, label, hint: "", error: None }
    }

    pub(crate) const fn of_form(self, form: &'static str) -> Self {
        Self { form, ..self }
    }

    pub(crate) const fn hint(self, hint: &'f str) -> Self {
        Self { hint, ..self }
    }

    pub(crate) const fn error(self, error: Option<&'f FieldError>) -> Self {
        Self { error, ..self }
    }

    fn own_error(self) -> Option<&'f FieldError> {
        self.error.filter(|error| error.field == self.name)
    }

    fn id(self) -> String {
        if self.form.is_empty() { self.name.to_owned() } else { format!("{}-{}", self.form, self.name) }
    }

    /// The ids of the texts that describe the input, for screen readers.
    fn described_by(self) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id()));
        let error = self.own_error().map(|_| format!("{}-error", self.id()));
        let ids: Vec<String> = [hint, error].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn around(self, input: &Markup) -> Markup {
        html! {
            div.field {
                label for=(self.id()) { (self.label) }
                @if !self.hint.is_empty() { p.hint id={ (self.id()) "-hint" } { (self.hint) } }
                (input)
                @if let Some(error) = self.own_error() {
                    p.error id={ (self.id()) "-error" } role="alert" { (error.text) }
                }
            }
        }
    }

    /// An input of one line. `kind` is its HTML type.
    pub(crate) fn input(self, kind: &str, autocomplete: &str, value: &str) -> Markup {
        self.around(&html! {
            input id=(self.id()) name=(self.name) type=(kind) autocomplete=(autocomplete) value=(value)
                aria-describedby=[self.described_by()] aria-invalid=[self.own_error().map(|_| "true")];
        })
    }

    /// An input of several lines.
    pub(crate) fn lines(self, value: &str) -> Markup {
        self.around(&html! {
            textarea id=(self.id()) name=(self.name) spellcheck="false" autocapitalize="off"
                aria-describedby=[self.described_by()] aria-invalid=[self.own_error().map(|_| "true")] { (value) }
        })
    }

    /// A choice. Each option has a value and a text.
    pub(crate) fn choice(self, options: &[(&str, &str)], chosen: &str) -> Markup {
        self.around(&html! {
            select id=(self.id()) name=(self.name)
                aria-describedby=[self.described_by()] aria-invalid=[self.own_error().map(|_| "true")] {
                @for (value, text) in options { option value=(value) selected[*value == chosen] { (text) } }
            }
        })
    }

    /// A box to check.
    pub(crate) fn check(self, is_checked: bool) -> Markup {
        html! {
            div.field.check {
                input id=(self.id()) name=(self.name) type="checkbox" value="yes" checked[is_checked]
                    aria-describedby=[self.described_by()] aria-invalid=[self.own_error().map(|_| "true")];
                " " label for=(self.id()) { (self.label) }
                @if !self.hint.is_empty() { p.hint id={ (self.id()) "-hint" } { (self.hint) } }
                @if let Some(error) = self.own_error() {
                    p.error id={ (self.id()) "-error" } role="alert" { (error.text) }
                }
            }
        }
    }
}

/// The input for a one-time password. `form` is the name of its form if the page has more than one form, and empty
/// otherwise.
pub(crate) fn one_time_password(form: &'static str, error: Option<&FieldError>) -> Markup {
    Field::new("otp", "One-time password")
        .of_form(form)
        .hint("The code that your authenticator app shows, or a recovery code. A code that was used before, such as for a login, does not work again: wait for the next one. Leave it empty if your account has no second factor.")
        .error(error)
        .input("text", "one-time-code", "")
}

/// The form of a page that asks whether to do something. `back` is the page to which a person goes who cancels.
pub(crate) fn confirm_form(
    visitor: &Visitor<'_>,
    button: &Markup,
    (back, error): (&str, Option<&FieldError>),
) -> Markup {
    html! {
        form method="post" {
            (proof(visitor))
            (one_time_password("", error))
            div.actions {
                (button)
                a href={ (ROOT) "/" (back) } { "Cancel" }
            }
        }
    }
}

/// Hidden fields with the texts of a form, so that the form of the next step sends them again.
pub(crate) fn carried(fields: &Fields, names: &[&'static str]) -> Markup {
    html! {
        @for name in names {
            @if fields.has(name) { input type="hidden" name=(name) value=(fields.text(name)); }
        }
    }
}
