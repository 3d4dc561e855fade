//! Ceilings decided elsewhere (rule C7), which have no form in a world.

use serde_json::{Value, json};
use tollgate::directory::{Directory, RequestLine};
use tollgate::{
    Decision, PackageAction, PackageName, Reason, UserName,
    decision::{AccessRequest, Caller, ResourceFacts, Verdict},
    facts::{ExternalCeiling, OrganizationState, PackageState, VerifiedFactor},
    operation::{Action, TeamAccessAction},
};

use crate::{comparison::reason, oracle};

/// What of a decision must be the same.
type Answer = (Verdict, Option<Reason>, u16);

/// A request about a package, its token and its resources.
struct Asked<'d> {
    request: AccessRequest,
    caller: &'d Caller<'d>,
    package: PackageState<'d>,
    organization: Option<OrganizationState<'d>>,
    at: &'d tollgate::directory::Request,
    factor: bool,
}

impl Asked<'_> {
    /// Decides with these rights in the place of the recorded ones, or with the recorded ones.
    fn answer(&self, ceiling: Option<&ExternalCeiling>) -> Answer {
        let package = match (self.package, ceiling) {
            (PackageState::Existing(package), Some(ceiling)) => package.with_external_ceiling(ceiling).into(),
            (PackageState::Missing(package), Some(ceiling)) => package.with_external_ceiling(ceiling).into(),
            (package, None) => package,
        };
        let facts = ResourceFacts { package: Some(package), organization: self.organization };
        let (client_ip, now) = (self.at.client_ip(), self.at.now());
        let decision = self.request.decide(self.caller, &facts, client_ip, now).expect("its facts");
        let decision = match (&decision, self.caller) {
            (Decision::Challenge(challenge), Caller::Token(bound)) if self.factor => {
                let factor = VerifiedFactor { owner: bound.owner().name(), verified_at: now };
                challenge.answer(&factor, tollgate::facts::MaxFactorAge::THIS_REQUEST)
            }
            _ => decision,
        };
        (decision.verdict(), reason(&decision), decision.status())
    }
}

/// Returns the request as its action and names, if it is about a package.
fn access_request(json: &Value) -> Option<AccessRequest> {
    let text = |field: &str| json[field].as_str();
    let (action, package) = (text("action")?, text("package")?.parse().ok()?);
    if let Ok(action) = action.parse::<PackageAction>() {
        return Some(AccessRequest::Package { action, package });
    }
    let organization = text("org")?.parse().ok()?;
    if let Ok(action) = action.parse::<TeamAccessAction>() {
        return Some(AccessRequest::TeamAccess { action, organization, team: text("team")?.parse().ok()?, package });
    }
    (action == "share-package").then_some(AccessRequest::SharePackage { organization, package })
}

/// Returns the actions on the package of the request that the oracle lets its owner do, whatever the token: those that
/// a good session of the owner does not lack the permission for.
fn rights(world: &Value, json: &Value, owner: &str) -> Vec<Action> {
    let mut world = world.clone();
    for user in world["users"].as_array_mut().expect("the users") {
        if user["name"] == owner {
            user["status"] = json!("active");
            user["tokens_revoked_until"] = Value::Null;
        }
    }
    world["tokens"] = json!([{
        "id": "session", "owner": owner, "created": "2025-11-01T00:00:00Z", "revoked": null, "cidr": null,
        "session": {"expires": "9999-01-01T00:00:00Z"},
    }]);
    let exists = world["packages"].as_array().into_iter().flatten().any(|package| package["name"] == json["package"]);
    let permits = |action: &Action| {
        let mut asked = json!({
            "id": "r", "token": "session", "now": "9000-01-01T00:00:00Z", "package": json["package"],
            "action": action.requested_as(),
        });
        match action {
            Action::CreatePackage => return !exists && passes(&world, &asked),
            Action::PublishVersion => return exists && passes(&world, &asked),
            Action::GrantTeamAccess | Action::RevokeTeamAccess => asked["team"] = json!("dev"),
            _ => {}
        }
        if matches!(action, Action::GrantTeamAccess | Action::RevokeTeamAccess | Action::SharePackage) {
            asked["org"] = json!(json["org"].as_str().unwrap_or("acme"));
        }
        passes(&world, &asked)
    };
    Action::ALL.iter().copied().filter(permits).collect()
}

/// Whether a team of the organization has a grant on the package, by which a private one exists for
/// `revoke-team-access` (rule C5). Where rights are decided elsewhere, there are no grants on record.
fn exists_by_a_grant(world: &Value, json: &Value) -> bool {
    let package = world["packages"].as_array().into_iter().flatten().find(|package| package["name"] == json["package"]);
    let teams = package.and_then(|package| package["teams"].as_object()).into_iter().flatten();
    let of = |team: &str| team.split_once(':').is_some_and(|(organization, _)| json["org"] == organization);
    json["action"] == "revoke-team-access" && teams.into_iter().any(|(team, _)| of(team))
}

/// Whether the oracle finds that the owner has the right. An action on another resource is no request to it.
fn passes(world: &Value, asked: &Value) -> bool {
    let line = oracle::decide(world, asked);
    line.get("error").is_none() && line["reason"] != "owner-lacks-permission"
}

/// Asserts that rights decided elsewhere answer as the recorded rights do, where they are the same, and that fewer
/// rights never answer higher. The bits of `left_out` choose the rights to leave out.
pub(crate) fn compare(world: &Value, directory: &Directory, json: &Value, left_out: u64) {
    let line: RequestLine = serde_json::from_value(json.clone()).expect("any JSON reads");
    let (Ok(at), Some(request)) = (line.parse(), access_request(json)) else { return };
    let caller = directory.caller(&at);
    let Caller::Token(bound) = &caller else { return };
    let owner = bound.owner().name();
    let name: PackageName = request.package().expect("it is about a package").into_owned();
    let organization = request.organization().map(tollgate::value::OrganizationName::into_owned);
    let asked = Asked {
        caller: &caller,
        package: directory.package(name.as_borrowed()),
        organization: organization.as_ref().map(|name| directory.organization(name.as_borrowed())),
        at: &at,
        factor: json["second_factor"] == true,
        request,
    };
    let decided = directory.decide(&caller, &at);
    let recorded = asked.answer(None);
    assert_eq!(recorded, (decided.verdict(), reason(&decided), decided.status()), "{json}");

    let rights = rights(world, json, owner.as_str());
    let ceiling = |user: UserName<&str>, name: &PackageName, rights: &[Action]| {
        ExternalCeiling::new(user.into_owned(), name.clone(), rights.iter().copied())
    };
    let same = asked.answer(Some(&ceiling(owner, &name, &rights)));
    if !exists_by_a_grant(world, json) {
        assert_eq!(same, recorded, "{rights:?} decided elsewhere for {json}\n{world}");
    }

    let fewer: Vec<Action> = rights.iter().copied().filter(|action| left_out >> (*action as u32) & 1 == 0).collect();
    let lower = asked.answer(Some(&ceiling(owner, &name, &fewer)));
    assert!(lower.0 <= same.0, "{fewer:?} instead of {rights:?} raises {json}\n{world}");
    let action = decided.action();
    // Taking a team off a package asks only for the role, and a public package is read by everyone.
    if !fewer.contains(&action) && action != Action::RevokeTeamAccess {
        let public_read = action == Action::ReadPackage && recorded.0 == Verdict::Allow && same.0 == lower.0;
        assert!(lower.0 == Verdict::Deny || public_read, "{action} is not in {fewer:?}: {json}\n{world}");
    }
    // Rights of another user or on another package are none.
    let other_user = UserName::new("somebody-else").expect("a name");
    let other_package: PackageName = "some-other".parse().expect("a name");
    let none = asked.answer(Some(&ceiling(owner, &name, &[])));
    assert_eq!(asked.answer(Some(&ceiling(other_user, &name, Action::ALL))), none, "{json}\n{world}");
    assert_eq!(asked.answer(Some(&ceiling(owner, &other_package, Action::ALL))), none, "{json}\n{world}");
}
