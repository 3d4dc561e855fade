//! The endpoints of dist-tags.

use axum::response::Response;
use serde_json::json;
use tollgate::{PackageName, npm::PathText};

use crate::{
    base::failure::Failure,
    exchange::decisions::Exchange,
    reply::response,
    store::{dist_tags, packages},
};

/// `GET /-/package/:package/dist-tags`: the tags, each with its version.
pub(crate) async fn read(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    Ok(response::ok(&json!(dist_tags::all(&mut exchange.tx, name.as_borrowed()).await?)))
}

/// `PUT /-/package/:package/dist-tags/:tag`: points the tag at the version in the body.
pub(crate) async fn write(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    tag: &PathText,
) -> Result<Response, Failure> {
    let version = exchange.body()?.version().map_err(response::invalid_body)?;
    dist_tags::set(&mut exchange.tx, name.as_borrowed(), tag.as_str(), version.as_str()).await?;
    packages::renew_revision(&mut exchange.tx, name.as_borrowed(), exchange.context.now).await?;
    Ok(response::created(&json!({ "ok": "dist-tags updated" })))
}

/// `DELETE /-/package/:package/dist-tags/:tag`: removes the tag.
pub(crate) async fn delete(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    tag: &PathText,
) -> Result<Response, Failure> {
    if tag.as_str() == "latest" {
        return Err(Failure::bad_request("the tag `latest` cannot be removed: expected another tag"));
    }
    let package = name.as_borrowed();
    if !dist_tags::all(&mut exchange.tx, package).await?.contains_key(tag.as_str()) {
        return Err(Failure::not_found(format!("there is no tag `{tag}`")));
    }
    dist_tags::remove(&mut exchange.tx, package, tag.as_str()).await?;
    packages::renew_revision(&mut exchange.tx, package, exchange.context.now).await?;
    Ok(response::ok(&json!({ "ok": "dist-tag removed" })))
}
