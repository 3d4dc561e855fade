//! Bodies: the first line is the name of a package, the second a body, and the third the stored packument.
//!
//! * A body is read exactly if it is JSON without a duplicate key.
//! * Every change requires its action, and no change is about another package. The first required action does not
//!   depend on the stored packument. An unrecognised body requires every action.
//! * A body requires an action that its endpoint requires.
//! * The request goes exactly if each of its actions, decided by hand, is allowed.
//! * The stored packument, sent back unchanged, changes nothing.
//! * A staged body requires `stage` and nothing else, and publishes nothing.
//! * A new version has the same name everywhere in the body, and the manifest that was sent.
//! * A requested token reaches everything, or may be used from any address, only if the body says so.
//! * Every other reader of bodies returns the required access, or a message on one line without a secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tollgate::{
    ClientIp, Package, PackageName, Policy, Timestamp, Token, User, UserName,
    decision::{AccessRequest, Caller, FoundFacts, ResourceFacts},
    facts::{
        AccountStatus, FoundPackage, Memberships, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode, UserGrants,
        Visibility,
    },
    token::{LegacyKind, LegacyToken, PackageSelection, PackagesGrant, TokenId},
    value::{AllowedRanges, GrantedPermission},
};
use tollgate::{
    facts::{PackageFacts, UserFacts},
    npm::{
        AccessChange, AllowedChanges, Body, BodyError, ChangesNotAllowedError, CreateTokenRequest, Decider, Endpoint,
        IsMember, MemberChange, PackageRequest, PackumentChanges, ProfileChange, PutTarget, RequestedToken,
        RequiredAccess, StoredPackument, TeamAccessChange, TeamToCreate, WithBody,
    },
    token::TokenFacts,
};

#[path = "shared/duplicate_keys.rs"]
mod duplicate_keys;
#[path = "shared/laws.rs"]
mod laws;

fn body(text: &str) -> Option<Body<'_>> {
    let read = serde_json::from_str::<Body>(text);
    let is_json = serde_json::from_str::<Value>(text).is_ok();
    assert_eq!(read.is_ok(), is_json && !duplicate_keys::has_duplicate_keys(text), "{text}");
    read.ok()
}

fn told<T>(read: Result<T, BodyError>) -> Option<T> {
    read.map_err(|error| laws::message(&error.to_string())).ok()
}

const EVERYTHING: [&str; 6] =
    ["publish", "unpublish", "deprecate", "set-dist-tag", "change-maintainers", "change-visibility"];

/// Calls `then` with the changes that are allowed to a user with every permission. It is not called if an action is
/// denied.
///
/// The user owns the scope. For an unscoped package, the user has a grant and may do everything except change the
/// visibility.
fn allowed(
    package: &PackageName,
    changes: &PackumentChanges<'_>,
    exists: bool,
    then: impl FnOnce(Result<AllowedChanges<'_, '_>, ChangesNotAllowedError>),
) {
    let scope = package.as_borrowed().scope().map_or("alice", tollgate::value::Scope::into_str);
    let Ok(name) = scope.parse::<UserName>() else { return };
    let owner = User::new(UserFacts {
        name: name.clone(),
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::Disabled,
        tokens_revoked_until: None,
        writes_held_until: None,
        memberships: Memberships::empty(),
    });
    let owner = owner.expect("a user");
    let scope_owner = if package.is_scoped() { ScopeOwner::User } else { ScopeOwner::Unscoped };
    let grants = UserGrants::new([(name.clone(), GrantedPermission::ReadWrite)]).expect("one grant");
    let access = PublishingAccess::NoRequirement;
    let existing = Package::new(PackageFacts {
        name: package.clone(),
        scope_owner,
        visibility: Visibility::Public,
        publishing_access: access,
        users: grants,
        teams: TeamGrants::empty(),
    });
    let existing = existing.expect("a package");
    let key = TokenId::new("t").expect("an id");
    let kind = LegacyKind::Publish;
    let token = Token::from(LegacyToken::load(
        TokenFacts { id: key, owner: name, created: Timestamp::UNIX_EPOCH, revoked: None },
        kind,
        AllowedRanges::Any,
    ));
    let caller = Caller::Token(Policy::NPM_2025_10.bind(&token, &owner).expect("the owner's"));
    let found = if exists { FoundPackage::Existing(existing) } else { FoundPackage::Missing(package.clone()) };
    let mut facts = FoundFacts::new();
    facts.add_package(found.clone());
    let (access_requests, now) = (changes.access_requests(), Timestamp::UNIX_EPOCH);
    let by_hand = access_requests.iter().all(|access_request| {
        let facts = ResourceFacts { package: Some(found.as_state()), organization: None };
        access_request.decide(&caller, &facts, ClientIp::UNKNOWN, now).expect("its facts").is_allow()
    });
    let decider = Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now, factor: None };
    match decider.decide_all(access_requests).expect("its facts") {
        WithBody::Go(allowed) => {
            assert!(by_hand, "{access_requests:?}");
            then(changes.allowed_by(allowed.allows()));
        }
        WithBody::Refused(_) | WithBody::Challenged(_) => assert!(!by_hand, "{access_requests:?}"),
    }
}

fn endpoint(package: &PackageName, to: PutTarget) -> Endpoint {
    let request = match to {
        PutTarget::Package => PackageRequest::Write,
        _ => PackageRequest::WriteRevision { revision: "1-0".parse().expect("a revision") },
    };
    Endpoint::Package { package: package.clone(), request }
}

fn packument(package: &PackageName, to: PutTarget, sent: &Body<'_>, stored: Option<&Body<'_>>, json: &Value) {
    for visibility in [Visibility::Public, Visibility::Private] {
        let stored = stored.map(|document| StoredPackument { document, visibility });
        let Some(changes) = told(PackumentChanges::read(package, to, sent, stored)) else { continue };
        let access_requests = changes.access_requests();
        let actions: Vec<&str> = access_requests.iter().map(AccessRequest::action).collect();
        assert!(access_requests.iter().all(|access_request| access_request.package() == Some(package.as_borrowed())));
        assert_eq!(changes.package(), package);
        let of_endpoint = match endpoint(package, to).required_access() {
            RequiredAccess::OneOf(access_requests) => access_requests,
            RequiredAccess::This(_) | RequiredAccess::Nothing => panic!("a body tells what of several"),
        };
        assert!(
            access_requests.iter().any(|access_request| of_endpoint.contains(access_request)),
            "{actions:?} of {of_endpoint:?}"
        );
        if let Some(free) = told(PackumentChanges::read(package, to, sent, None)) {
            assert_eq!(free.access_requests()[0], access_requests[0]);
        }
        let everything = EVERYTHING.iter().all(|action| actions.contains(action));
        allowed(package, &changes, stored.is_some(), |allowed| {
            let Ok(allowed) = allowed else {
                let not_understood = allowed.err() == Some(ChangesNotAllowedError::NotUnderstood);
                assert!(not_understood || allowed.err() == Some(ChangesNotAllowedError::PublishedAlready));
                assert!(everything || !not_understood, "{actions:?}");
                return;
            };
            assert_eq!((allowed.package(), allowed.is_creation()), (package, stored.is_none()));
            for (is_changed, action) in [
                (allowed.publication().is_some(), "publish"),
                (!allowed.deprecations().is_empty(), "deprecate"),
                (!allowed.removals().is_empty(), "unpublish"),
                (!allowed.dist_tags().is_empty(), "set-dist-tag"),
                (allowed.maintainers().is_some(), "change-maintainers"),
                (allowed.visibility().is_some() && stored.is_some(), "change-visibility"),
            ] {
                assert!(!is_changed || actions.contains(&action), "{action} is not in {actions:?}");
            }
            if let Some(publication) = allowed.publication() {
                let (version, name) = (publication.version(), package.as_str());
                assert_eq!(json["name"], *name);
                assert_eq!(json["versions"][version]["name"], *name);
                assert_eq!(json["versions"][version]["version"], *version);
                assert_eq!(json["versions"][version], serde_json::to_value(publication.manifest()).expect("JSON"));
                assert!(!version.contains(['/', '\\', '%']));
            }
        });
    }
}

/// Asserts that a staged body asks for `stage` alone, and publishes nothing.
fn staged(package: &PackageName, sent: &Body<'_>, stored: &Body<'_>) {
    let stored = StoredPackument { document: stored, visibility: Visibility::Public };
    let Some(changes) = told(PackumentChanges::read(package, PutTarget::Stage, sent, Some(stored))) else { return };
    let access_requests = changes.access_requests();
    let actions: Vec<&str> = access_requests.iter().map(AccessRequest::action).collect();
    assert_eq!(actions, ["stage"]);
    allowed(package, &changes, true, |allowed| {
        if let Ok(allowed) = allowed {
            assert!(allowed.publication().is_none() && allowed.maintainers().is_none());
        }
    });
}

/// Asserts that the stored packument, sent back unchanged, changes nothing.
fn unchanged(package: &PackageName, stored: &Body<'_>, json: &Value) {
    let before = StoredPackument { document: stored, visibility: Visibility::Public };
    let Some(changes) = told(PackumentChanges::read(package, PutTarget::Package, stored, Some(before))) else { return };
    let has = |field: &str| json.get(field).is_some();
    if has("versions") && !has("access") && !has("_attachments") {
        assert_eq!(changes.access_requests().len(), 1, "{:?}", changes.access_requests());
    }
}

/// The password in the seed corpus.
const PASSWORD: &str = "hunter2hunter2";

/// Asserts that an absent or empty field of a token request never widens the token.
fn token(sent: &Body<'_>, json: &Value) {
    let Some(request) = told(CreateTokenRequest::read(sent, Policy::NPM_2025_10, Timestamp::UNIX_EPOCH)) else {
        return;
    };
    let mut beside = json.clone();
    beside.as_object_mut().expect("an object").remove("password");
    assert!(!format!("{request:?}").contains(PASSWORD) || beside.to_string().contains(PASSWORD));
    let is_none = |value: &Value| value.is_null() || *value == Value::Array(Vec::new());
    let says_any = is_none(&json["cidr_whitelist"]) && is_none(&json["cidr"]);
    let ranges = match &request.token {
        RequestedToken::Granular { settings } => {
            if let PackagesGrant::Granted { selection: PackageSelection::All, .. } = &settings.packages {
                assert!(json["packages_all"] == true || json["packages"] == serde_json::json!(["*"]), "{json}");
            }
            assert!(settings.expires_at > Timestamp::UNIX_EPOCH);
            &settings.allowed_ranges
        }
        RequestedToken::Legacy { kind, allowed_ranges } => {
            assert!(*kind == LegacyKind::ReadOnly || json["readonly"] != true, "{json}");
            allowed_ranges
        }
        _ => return,
    };
    assert_eq!(*ranges == AllowedRanges::Any, says_any, "{json}");
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let Some(package) = lines.next().and_then(|line| line.parse::<PackageName>().ok()) else { return };
    let sent_text = lines.next().unwrap_or_default();
    let Some(sent) = body(sent_text) else { return };
    let stored_text = lines.next().unwrap_or_default();
    let stored = body(stored_text);
    let json: Value = serde_json::from_str(sent_text).expect("it was read");
    for to in [PutTarget::Package, PutTarget::Revision] {
        packument(&package, to, &sent, stored.as_ref(), &json);
    }
    if let Some(stored) = &stored {
        staged(&package, &sent, stored);
        unchanged(&package, stored, &serde_json::from_str(stored_text).expect("it was read"));
    }
    let acme = "acme".parse().expect("a name");
    if let Some(change) = told(AccessChange::read(&sent)) {
        assert!(!change.access_requests(&package).is_empty());
    }
    for read in [TeamAccessChange::read_grant, TeamAccessChange::read_revocation] {
        if let Some(change) = told(read(&sent)) {
            assert_eq!(json["package"], *change.package().as_str());
        }
    }
    if let Some(change) = told(MemberChange::read(&sent)) {
        assert_eq!(json["user"], *change.user().as_str());
        assert_ne!(change.access_request(&acme, IsMember::No), change.access_request(&acme, IsMember::Yes));
    }
    if let Some(team) = told(TeamToCreate::read(&sent)) {
        assert!(team.name().check_new().is_ok());
    }
    if let Some(change) = told(ProfileChange::read(&sent)) {
        for present in TwoFactorMode::ALL {
            assert!(!change.access_requests(*present).is_empty());
        }
    }
    token(&sent, &json);
    told(sent.user());
    told(sent.version());
    assert_eq!(format!("{sent:?}"), "Body(…)");
});
