//! A minimal reverse proxy, which appends an address to `X-Forwarded-For`.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

/// **A proxy** in front of a server. It runs until the end of the test program.
pub(crate) struct Proxy {
    address: SocketAddr,
}

impl Proxy {
    /// Starts a proxy that reports this address for every client.
    pub(crate) fn start(server: SocketAddr, client: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                // An error means that one side has closed the connection. The assertions of the test notice that.
                thread::spawn(move || forward(&stream, server, client));
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// Forwards one request with the header appended, and the whole response.
fn forward(mut client: &TcpStream, server: SocketAddr, from: &str) -> io::Result<()> {
    let mut upstream = TcpStream::connect(server)?;
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if !line.to_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
    }
    upstream.write_all(format!("{head}connection: close\r\nx-forwarded-for: {from}\r\n\r\n").as_bytes())?;
    let mut up = upstream.try_clone()?;
    let body = thread::spawn(move || io::copy(&mut reader, &mut up));
    io::copy(&mut upstream, &mut client)?;
    client.shutdown(Shutdown::Both)?;
    let _ = body.join();
    Ok(())
}
