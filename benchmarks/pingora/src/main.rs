//! A Pingora server that says who answers, and otherwise does what Pingora does: `-c conf.yaml`, and `-u` to take over.

use async_trait::async_trait;
use http::{Response, StatusCode};
use pingora_core::apps::http_app::ServeHttp;
use pingora_core::protocols::http::ServerSession;
use pingora_core::server::configuration::Opt;
use pingora_core::server::Server;
use pingora_core::services::listening::Service;

struct WhoAnswers {
    pid: String,
    body: Vec<u8>,
}

#[async_trait]
impl ServeHttp for WhoAnswers {
    async fn response(&self, _session: &mut ServerSession) -> Response<Vec<u8>> {
        Response::builder()
            .status(StatusCode::OK)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(http::header::CONTENT_LENGTH, self.body.len())
            .header("X-Pid", &self.pid)
            .body(self.body.clone())
            .unwrap()
    }
}

fn main() {
    let port = std::env::var("PORT").expect("PORT is set");
    let pid = std::process::id();
    let mut server = Server::new(Some(Opt::parse_args())).expect("a server");
    server.bootstrap();
    let mut service = Service::new(
        "who answers".to_string(),
        WhoAnswers {
            pid: pid.to_string(),
            body: format!("{{\"pid\":{pid},\"version\":\"pingora\"}}").into_bytes(),
        },
    );
    service.add_tcp(&format!("127.0.0.1:{port}"));
    server.add_service(service);
    server.run_forever();
}
