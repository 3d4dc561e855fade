//! A reverse proxy as small as one can be: it says in `X-Forwarded-For` where a request comes from.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

/// **A proxy** before a server, for as long as the test runs.
pub(crate) struct Proxy {
    address: SocketAddr,
}

impl Proxy {
    /// Everything that comes to it is said to come from that address.
    pub(crate) fn start(server: SocketAddr, client: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                // Either side may go away in the middle: that is not the test's matter.
                thread::spawn(move || forward(&stream, server, client));
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// One request, with the header appended to what the client says of itself, and the answer to its end.
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
