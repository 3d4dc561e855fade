//! The addresses from which an account has logged in.

use std::net::{IpAddr, Ipv6Addr};

use tollgate::{ClientIp, Timestamp, UserName};

use crate::{
    base::{clock::unix_seconds, failure::Failure},
    store::database::Tx,
};

/// The maximum number of addresses of an account. The addresses that were used last are kept.
const MAX_ADDRESSES: i64 = 20;

/// The text of an address, or `None` if the address is unknown. A client usually has a whole IPv6 network of 2^64
/// addresses, so the text of an IPv6 address names only the network.
fn text(address: ClientIp) -> Option<String> {
    Some(match address.address()? {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    })
}

/// Whether the account has logged in from this address.
pub(crate) async fn is_known(tx: &mut Tx, name: UserName<&str>, address: ClientIp) -> Result<bool, Failure> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT seen FROM known_addresses WHERE user_name = $1 AND address = $2")
        .bind(name.as_str().to_owned())
        // No row has the empty text, so an unknown address is never known to an account.
        .bind(text(address).unwrap_or_default())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// Records that the account has logged in from this address.
pub(crate) async fn remember(
    tx: &mut Tx,
    name: UserName<&str>,
    address: ClientIp,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(address) = text(address) else { return Ok(()) };
    sqlx::query(
        "INSERT INTO known_addresses (user_name, address, seen) VALUES ($1, $2, $3) \
         ON CONFLICT (user_name, address) DO UPDATE SET seen = excluded.seen",
    )
    .bind(name.as_str().to_owned())
    .bind(address)
    .bind(unix_seconds(now))
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "DELETE FROM known_addresses WHERE user_name = $1 AND address NOT IN \
         (SELECT address FROM known_addresses WHERE user_name = $1 ORDER BY seen DESC, address LIMIT $2)",
    )
    .bind(name.as_str().to_owned())
    .bind(MAX_ADDRESSES)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn an_ipv6_address_counts_by_its_network() {
        let text = |address: &str| text(address.parse().unwrap()).unwrap();
        assert_eq!(text("192.0.2.7"), "192.0.2.7");
        assert_eq!(text("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_ne!(text("2001:db8:1:3::1"), text("2001:db8:1:2::1"));
        assert_eq!(super::text(tollgate::ClientIp::UNKNOWN), None);
    }
}
