//! What a person fills in to log in or to make an account, and the check of it.

use axum::http::StatusCode;
use maud::{Markup, html};
use tollgate::{ClientIp, Timestamp, UserName};

use crate::{
    base::{clock, failure::Failure},
    credentials::{
        hashing::Waiting,
        login::{self, LoginCheck, LoginProof, VerifiedLogin},
        password::{self, ShownPassword, VerifiedPassword},
    },
    exchange::services::Services,
    store::{
        accounts::{self, NewAccount},
        database::Tx,
        logins::Purpose,
    },
    web::{
        html::{Field, FieldError, one_time_password},
        visitor::Fields,
    },
};

/// **A person who has filled in the form correctly.** The password was verified or hashed before the transaction, because
/// that is slow and other writers would wait.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) user: UserName,
    proof: Proof,
}

#[derive(Debug)]
enum Proof {
    Login(VerifiedLogin),
    NewAccount { password_hash: String, email: String },
}

/// The inputs of the form for this purpose.
pub(crate) fn inputs(purpose: Purpose, fields: &Fields, error: Option<&FieldError>) -> Markup {
    let name = Field::new("name", "User name").error(error).input("text", "username", fields.text("name"));
    let password = Field::new("password", "Password").error(error);
    match purpose {
        Purpose::Login => html! {
            (name)
            (password.input("password", "current-password", ""))
            (one_time_password("", error))
        },
        Purpose::CreateAccount => {
            let hint = format!("{} to {} characters.", password::MIN_LENGTH, password::MAX_LENGTH);
            html! {
                (name)
                (password.hint(&hint).input("password", "new-password", ""))
                (Field::new("email", "Email address").error(error).input("email", "email", fields.text("email")))
            }
        }
    }
}

/// Checks what the person has filled in. This is the slow part, which needs no transaction.
pub(crate) async fn check(
    services: &Services,
    purpose: Purpose,
    fields: &Fields,
    address: ClientIp,
) -> Result<Result<Person, FieldError>, Failure> {
    let user = match fields.text("name").parse::<UserName>() {
        Ok(user) => user,
        Err(error) => return Ok(Err(FieldError { field: "name", text: error.to_string() })),
    };
    let password = fields.untrimmed("password");
    Ok(match purpose {
        Purpose::Login => {
            let shown = ShownPassword { user: &user, password, address, now: clock::now()? };
            let verified = VerifiedPassword::verify(&services.store, &services.hashing, shown).await?;
            let code = Some(fields.text("otp")).filter(|code| !code.is_empty());
            let proof = LoginProof { user: &user, password: verified.as_ref(), one_time_password: code, address };
            match login::verify(&services.store, proof, services.policy).await? {
                LoginCheck::Passed(login) => Ok(Person { user, proof: Proof::Login(login) }),
                LoginCheck::WrongPassword => Err(wrong_password()),
                LoginCheck::OneTimePasswordNeeded => {
                    let text =
                        "this account has a second factor: expected the code that its authenticator app shows now";
                    Err(FieldError { field: "otp", text: text.to_owned() })
                }
            }
        }
        Purpose::CreateAccount => match password::check_new(password) {
            Ok(()) => {
                let password_hash = services.hashing.hash(password.to_owned(), Waiting::Stranger).await?;
                let email = fields.text("email").to_owned();
                Ok(Person { user, proof: Proof::NewAccount { password_hash, email } })
            }
            Err(error) => Err(FieldError { field: "password", text: error.client_text() }),
        },
    })
}

fn wrong_password() -> FieldError {
    FieldError { field: "password", text: "name or password is wrong".to_owned() }
}

impl Person {
    /// Logs the person in, in the transaction that issues the token. The login may be out of date by then, and a new
    /// account is created here.
    pub(crate) async fn enter(&self, tx: &mut Tx, now: Timestamp) -> Result<Result<(), FieldError>, Failure> {
        match &self.proof {
            Proof::Login(login) => Ok(if login.is_current(tx).await? { Ok(()) } else { Err(wrong_password()) }),
            Proof::NewAccount { password_hash, email } => {
                let account = NewAccount { name: &self.user, password_hash: password_hash.clone(), email: Some(email) };
                match accounts::create(tx, account, now).await {
                    Ok(()) => Ok(Ok(())),
                    Err(Failure::Refused { text, .. }) => Ok(Err(FieldError { field: "name", text })),
                    Err(failure) => Err(failure),
                }
            }
        }
    }
}

/// The status of a page that shows the form again.
pub(crate) fn status(purpose: Purpose, error: Option<&FieldError>) -> StatusCode {
    match (purpose, error) {
        (_, None) => StatusCode::OK,
        (Purpose::Login, Some(_)) => StatusCode::UNAUTHORIZED,
        (Purpose::CreateAccount, Some(_)) => StatusCode::BAD_REQUEST,
    }
}
