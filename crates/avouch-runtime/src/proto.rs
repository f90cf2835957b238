//! The messages of containerd's and the Container Runtime Interface's gRPC that are used, and of those only the fields
//! that are read. Field numbers are from `containerd/api` (v1) and `cri-api/pkg/apis/runtime/v1/api.proto`.

/// containerd: containers, namespaces, tasks, images, events.
pub(crate) mod containerd {
    use std::collections::HashMap;

    use prost::Message;

    pub(crate) const GET_CONTAINER: &str = "/containerd.services.containers.v1.Containers/Get";
    pub(crate) const LIST_NAMESPACES: &str = "/containerd.services.namespaces.v1.Namespaces/List";
    pub(crate) const LIST_TASKS: &str = "/containerd.services.tasks.v1.Tasks/List";
    pub(crate) const GET_IMAGE: &str = "/containerd.services.images.v1.Images/Get";
    pub(crate) const SUBSCRIBE: &str = "/containerd.services.events.v1.Events/Subscribe";

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Any {
        #[prost(string, tag = "1")]
        pub(crate) type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        pub(crate) value: Vec<u8>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Timestamp {
        #[prost(int64, tag = "1")]
        pub(crate) seconds: i64,
    }

    /// Asks for one thing by its name: a container, an image, or the tasks that a filter allows.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ByName {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ContainerResponse {
        #[prost(message, optional, tag = "1")]
        pub(crate) container: Option<Container>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Container {
        #[prost(string, tag = "1")]
        pub(crate) id: String,
        #[prost(map = "string, string", tag = "2")]
        pub(crate) labels: HashMap<String, String>,
        #[prost(string, tag = "3")]
        pub(crate) image: String,
        #[prost(message, optional, tag = "5")]
        pub(crate) spec: Option<Any>,
        #[prost(message, optional, tag = "8")]
        pub(crate) created_at: Option<Timestamp>,
        #[prost(map = "string, message", tag = "10")]
        pub(crate) extensions: HashMap<String, Any>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Namespaces {
        #[prost(message, repeated, tag = "1")]
        pub(crate) namespaces: Vec<ByName>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Tasks {
        #[prost(message, repeated, tag = "1")]
        pub(crate) tasks: Vec<Task>,
    }

    /// The container's id stands in one of the fields, depending on the version of containerd.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Task {
        #[prost(string, tag = "1")]
        pub(crate) container_id: String,
        #[prost(string, tag = "2")]
        pub(crate) id: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ImageResponse {
        #[prost(message, optional, tag = "1")]
        pub(crate) image: Option<Image>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Image {
        #[prost(message, optional, tag = "3")]
        pub(crate) target: Option<Descriptor>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Descriptor {
        #[prost(string, tag = "2")]
        pub(crate) digest: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct SubscribeRequest {
        #[prost(string, repeated, tag = "1")]
        pub(crate) filters: Vec<String>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Envelope {
        #[prost(string, tag = "2")]
        pub(crate) namespace: String,
        #[prost(string, tag = "3")]
        pub(crate) topic: String,
        #[prost(message, optional, tag = "4")]
        pub(crate) event: Option<Any>,
    }
}

/// Container Runtime Interface, version 1.
pub(crate) mod cri {
    use std::collections::HashMap;

    use prost::Message;

    pub(crate) const VERSION: &str = "/runtime.v1.RuntimeService/Version";
    pub(crate) const CONTAINER_STATUS: &str = "/runtime.v1.RuntimeService/ContainerStatus";
    pub(crate) const SANDBOX_STATUS: &str = "/runtime.v1.RuntimeService/PodSandboxStatus";
    pub(crate) const LIST_CONTAINERS: &str = "/runtime.v1.RuntimeService/ListContainers";
    pub(crate) const LIST_SANDBOXES: &str = "/runtime.v1.RuntimeService/ListPodSandbox";
    pub(crate) const EVENTS: &str = "/runtime.v1.RuntimeService/GetContainerEvents";

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Empty {}

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct VersionResponse {
        #[prost(string, tag = "2")]
        pub(crate) runtime_name: String,
    }

    /// Asks for the status of a container or a sandbox.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct StatusRequest {
        #[prost(string, tag = "1")]
        pub(crate) id: String,
        #[prost(bool, tag = "2")]
        pub(crate) verbose: bool,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ContainerStatusResponse {
        #[prost(message, optional, tag = "1")]
        pub(crate) status: Option<ContainerStatus>,
        #[prost(map = "string, string", tag = "2")]
        pub(crate) info: HashMap<String, String>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Named {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ImageSpec {
        #[prost(string, tag = "1")]
        pub(crate) image: String,
        #[prost(string, tag = "18")]
        pub(crate) user_specified_image: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Mount {
        #[prost(string, tag = "1")]
        pub(crate) container_path: String,
        #[prost(string, tag = "2")]
        pub(crate) host_path: String,
        #[prost(bool, tag = "3")]
        pub(crate) readonly: bool,
        #[prost(int32, tag = "5")]
        pub(crate) propagation: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ContainerStatus {
        #[prost(string, tag = "1")]
        pub(crate) id: String,
        #[prost(message, optional, tag = "2")]
        pub(crate) metadata: Option<Named>,
        #[prost(int64, tag = "4")]
        pub(crate) created_at: i64,
        #[prost(message, optional, tag = "8")]
        pub(crate) image: Option<ImageSpec>,
        #[prost(string, tag = "9")]
        pub(crate) image_ref: String,
        #[prost(map = "string, string", tag = "12")]
        pub(crate) labels: HashMap<String, String>,
        #[prost(message, repeated, tag = "14")]
        pub(crate) mounts: Vec<Mount>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct SandboxStatusResponse {
        #[prost(message, optional, tag = "1")]
        pub(crate) status: Option<SandboxStatus>,
        #[prost(map = "string, string", tag = "2")]
        pub(crate) info: HashMap<String, String>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct SandboxStatus {
        #[prost(string, tag = "1")]
        pub(crate) id: String,
        #[prost(message, optional, tag = "2")]
        pub(crate) metadata: Option<Named>,
        #[prost(int64, tag = "4")]
        pub(crate) created_at: i64,
        #[prost(message, optional, tag = "5")]
        pub(crate) network: Option<Network>,
        #[prost(message, optional, tag = "6")]
        pub(crate) linux: Option<Linux>,
        #[prost(map = "string, string", tag = "7")]
        pub(crate) labels: HashMap<String, String>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Network {
        #[prost(string, tag = "1")]
        pub(crate) ip: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Linux {
        #[prost(message, optional, tag = "1")]
        pub(crate) namespaces: Option<Namespaces>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Namespaces {
        #[prost(message, optional, tag = "2")]
        pub(crate) options: Option<NamespaceOptions>,
    }

    /// Modes; 2 is the machine's.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct NamespaceOptions {
        #[prost(int32, tag = "1")]
        pub(crate) network: i32,
        #[prost(int32, tag = "2")]
        pub(crate) pid: i32,
        #[prost(int32, tag = "3")]
        pub(crate) ipc: i32,
    }

    /// A list of containers or of sandboxes.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Listed {
        #[prost(message, repeated, tag = "1")]
        pub(crate) items: Vec<ListedItem>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ListedItem {
        #[prost(string, tag = "1")]
        pub(crate) id: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ContainerEvent {
        #[prost(string, tag = "1")]
        pub(crate) container_id: String,
        #[prost(int32, tag = "2")]
        pub(crate) kind: i32,
    }
}
