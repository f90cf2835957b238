use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread::JoinHandle,
};

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// Serves one request with what `answer` makes of it: status and body. Returns the address and the request.
pub(crate) fn serve(answer: impl FnOnce(&Request) -> (u16, Vec<u8>) + Send + 'static) -> (String, JoinHandle<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
        loop {
            let mut storage = [httparse::EMPTY_HEADER; 64];
            let mut parsed = httparse::Request::new(&mut storage);
            if let httparse::Status::Complete(start) = parsed.parse(&bytes).unwrap() {
                let headers: Vec<(String, String)> = parsed
                    .headers
                    .iter()
                    .map(|h| (h.name.to_lowercase(), String::from_utf8(h.value.to_vec()).unwrap()))
                    .collect();
                let length = headers.iter().find(|(n, _)| n == "content-length").unwrap().1.parse::<usize>().unwrap();
                if bytes.len() >= start + length {
                    let request = Request {
                        method: parsed.method.unwrap().to_owned(),
                        path: parsed.path.unwrap().to_owned(),
                        headers,
                        body: bytes[start..start + length].to_vec(),
                    };
                    let (status, body) = answer(&request);
                    let begin =
                        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                    stream.write_all(begin.as_bytes()).unwrap();
                    stream.write_all(&body).unwrap();
                    return request;
                }
            }
            let n = stream.read(&mut chunk).unwrap();
            assert!(n > 0, "the request ended early");
            bytes.extend_from_slice(&chunk[..n]);
        }
    });
    (address, thread)
}
