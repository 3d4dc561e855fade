//! Addresses as text, for engines that have no addresses or compare text faster.
//!
//! The text of an address is its family and its bits. The text of a range is a prefix of the texts of its addresses.

use std::net::IpAddr;

use ipnet::IpNet;

pub fn bits(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("4:{:032b}", u32::from(address)),
        IpAddr::V6(address) => format!("6:{:0128b}", u128::from(address)),
    }
}

pub fn start(range: &str) -> String {
    let range: IpNet = range.parse().unwrap();
    let mut bits = bits(range.network());
    bits.truncate("4:".len() + usize::from(range.prefix_len()));
    bits
}
