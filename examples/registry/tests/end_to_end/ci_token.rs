//! A token for CI, which may publish one package from one network, and is refused everything else.

use crate::{
    package::installs,
    support::{FOUNDING, Person, Server, npm::Npm, proxy::Proxy, under_both_editions},
    tokens::created,
};

under_both_editions!(a_narrow_ci_token_publishes_its_package_and_nothing_else);

fn a_narrow_ci_token_publishes_its_package_and_nothing_else(edition: &str) {
    let server = Server::under_with(edition, &["--trusted-proxy", "127.0.0.1/32"]);
    let (ci_network, elsewhere) =
        (Proxy::start(server.address(), "198.51.100.7"), Proxy::start(server.address(), "203.0.113.20"));
    let alice = server.person_with_2fa("alice");
    server.organization("acme", &alice);
    for (name, access) in [("@acme/kit", None), ("@acme/vault", None), ("left-pad", None)] {
        alice.put(name, "1.0.0", access);
    }
    let ran = alice.npm(&format!(
        "token create --name=ci --packages=@acme/kit --packages-and-scopes-permission=read-write --expires=90 \
         --cidr=198.51.100.0/24 --bypass-2fa --password={}",
        alice.password(),
    ));
    let token = created(&ran);
    let ci = alice.through(&server, &ci_network.url(), &token);

    ci.publish("@acme/kit", "1.1.0", "").succeeds().says("+ @acme/kit@1.1.0");
    installs(&ci, "@acme/kit", "1.1.0");
    server.person_without_2fa("demo");
    ci.npm("whoami").succeeds().prints("alice");

    ci.publish("left-pad", "1.0.1", "").fails_with("E403").says("the access token does not cover `left-pad`");
    ci.publish("brand-new", "1.0.0", "").fails_with("E403").says("does not cover a new package by this name");
    ci.publish("@acme/vault", "1.0.1", "").fails_with("E404");
    ci.publish("@acme/brand-new", "1.0.0", "").fails_with("E404");
    ci.npm("view @acme/vault").fails_with("E404");
    ci.npm("install @acme/vault").fails_with("E404");
    ci.npm("search vault").succeeds().does_not_say("@acme/vault");
    ci.npm("deprecate left-pad@1.0.0 mine").fails_with("E403").says("does not cover `left-pad`");
    ci.npm("dist-tag add left-pad@1.0.0 mine").fails_with("E403");
    ci.npm("unpublish left-pad --force").fails_with("E403");
    ci.npm("owner add demo left-pad").fails_with("EOWNERMUTATE").says("does not cover `left-pad`");
    ci.npm("access set mfa=none left-pad").fails_with("E403");
    ci.npm("star left-pad").fails_with("E403");
    for command in ["token list", "profile get"] {
        ci.npm(command).fails_with("E403").says("a granular access token may not");
    }
    let password = alice.password();
    ci.npm(&format!("token create --name=more --packages-all --password={password}"))
        .fails_with("E403")
        .says("a granular access token may not create tokens");
    for command in ["org ls acme", "org set acme demo owner", "team create acme:moles", "team add acme:developers demo"]
    {
        ci.npm(command).fails_with("E403").says("the access token has no-access permission on organizations");
    }

    // Who may publish the package is governance, which a token bypasses the second factor for under the founding edition.
    let governed = ci.npm("access set mfa=automation @acme/kit");
    if edition == FOUNDING {
        governed.succeeds();
    } else {
        governed.fails_with("EOTP");
    }

    // From another address the token allows nothing.
    for url in [elsewhere.url(), server.url()] {
        let thief = alice.through(&server, &url, &token);
        thief.publish("@acme/kit", "6.6.6", "").fails_with("EAUTHIP").says("Login is not allowed from your IP address");
        thief.npm("view @acme/kit").fails_with("EAUTHIP");
    }
    // The refused commands have changed nothing.
    let versions = |name: &str| alice.npm(&format!("view {name} versions --json")).succeeds().stdout.clone();
    assert_eq!(versions("@acme/kit").split_whitespace().collect::<String>(), "[\"1.0.0\",\"1.1.0\"]");
    alice.npm("view left-pad version").succeeds().prints("1.0.0");
    // Every token may log itself out.
    ci.npm("logout").succeeds();
    alice.through(&server, &ci_network.url(), &token).npm("whoami").fails_with("E401");
}

impl Person {
    /// A CI job with a token of the person, and with the server at another URL.
    fn through(&self, server: &Server, url: &str, token: &str) -> Self {
        let person = self.ci_job(server, token);
        let npm = Npm::new(person.npm_client().home().to_owned(), url, Some(token));
        person.with_npm(npm)
    }
}
