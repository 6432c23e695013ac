/* The order counts: the first that matches is taken.  eksctl writes its log,
 * with the cause, to stdout and only "Error: ..." to stderr.
 * SPDX-License-Identifier: MIT */
#include "signatures.h"

const struct galley_signature eksctl_signatures[] = {
  /* credentials and permissions: eksctl and aws alike */
  { NULL, "ExpiredToken(?:Exception)?\\b|\\bRequestExpired\\b|security token included in the request is expired",
    GALLEY_AUTH,
    "the AWS credentials have expired",
    "sign in again, then run the recipe again: what holds already is not done again",
    "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: "
    "GetCallerIdentity, https response error StatusCode: 403, RequestID: 0, api error ExpiredToken: "
    "The security token included in the request is expired" },
  { NULL, "SSO session associated with this profile has expired|refresh cached SSO token failed|"
    "failed to refresh cached credentials, refresh cached SSO token|Your session has expired", GALLEY_AUTH,
    "the AWS sign-in session has expired",
    "run `aws sso login` (or `aws login`), then the recipe again",
    "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: "
    "GetCallerIdentity, get identity: get credentials: failed to refresh cached credentials, "
    "refresh cached SSO token failed, unable to refresh SSO token" },
  { NULL, "no EC2 IMDS role found|Unable to locate credentials|failed to retrieve credentials|"
    "failed to get shared config profile|static credentials are empty", GALLEY_AUTH,
    "no AWS credentials are set",
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`",
    "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: "
    "GetCallerIdentity, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS "
    "role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded" },
  { NULL, "InvalidClientTokenId|UnrecognizedClientException|\\bAuthFailure\\b|InvalidAccessKeyId", GALLEY_AUTH,
    "AWS does not know these credentials",
    "check the access key, whether it is active, and whether the region is enabled for the account",
    "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: "
    "GetCallerIdentity, https response error StatusCode: 403, RequestID: 0, api error InvalidClientTokenId: "
    "The security token included in the request is invalid" },
  { NULL, "SignatureDoesNotMatch|InvalidSignatureException|RequestTimeTooSkewed", GALLEY_AUTH,
    "AWS rejects the signature: a wrong secret key, or a wrong clock",
    "check the secret access key, and this machine's clock",
    "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: "
    "GetCallerIdentity, https response error StatusCode: 403, RequestID: 0, api error SignatureDoesNotMatch: "
    "Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z" },
  { NULL, "the server has asked for the client to provide credentials|You must be logged in to the server",
    GALLEY_AUTH,
    "the Kubernetes cluster does not let this AWS identity in",
    "use the identity that made the cluster, or have one with rights run `eksctl create accessentry`",
    "Error: getting auth ConfigMap: the server has asked for the client to provide credentials" },
  { NULL, "not authorized to perform: ([A-Za-z0-9:*-]+)", GALLEY_DENIED,
    "the AWS identity may not do `\\1`",
    "have that action allowed in IAM (and not denied by an organization's policy)",
    "Error: unable to describe control plane \"wandb\": operation error EKS: DescribeCluster, https response "
    "error StatusCode: 403, RequestID: 0, api error AccessDeniedException: User: "
    "arn:aws:sts::123456789012:user/moto is not authorized to perform: eks:DescribeCluster because no "
    "identity-based policy allows the eks:DescribeCluster action" },
  { NULL, "operation error ([A-Za-z0-9 ]+): ([A-Za-z0-9]+),.*(?:AccessDenied|UnauthorizedOperation)|"
    "\\(((?:AccessDenied|UnauthorizedOperation)[A-Za-z]*)\\)", GALLEY_DENIED,
    "the AWS identity may not do that (\\1 \\2\\3)",
    "have the action allowed in IAM",
    "Error: operation error EC2: DescribeSubnets, https response error StatusCode: 403, RequestID: 0, "
    "api error UnauthorizedOperation: You are not authorized to perform this operation." },

  /* quotas: before throttling, whose words are near */
  { NULL, "VcpuLimitExceeded - ([^.]*)", GALLEY_QUOTA,
    "the vCPU quota is used up: \\1",
    "raise it in Service Quotas (On-Demand Standard instances: L-1216C47A), or take a smaller type",
    "AWS::EKS::Nodegroup/ManagedNodeGroup: CREATE_FAILED – \"[Issue(Code=AsgInstanceLaunchFailures, "
    "Message=Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity "
    "than your current vCPU limit of 16 allows for the instance bucket that the specified instance type "
    "belongs to." },
  { NULL, "(The maximum number of (?:VPCs|addresses|internet gateways|NAT gateways) has been reached)",
    GALLEY_QUOTA,
    "\\1",
    "delete one that is not needed, or raise the quota in Service Quotas",
    "AWS::EC2::VPC/VPC: CREATE_FAILED – \"Resource handler returned message: \\\"The maximum number of VPCs "
    "has been reached. (Service: Ec2, Status Code: 400)\\\"\"" },
  { NULL, "((?:Vpc|Address|NatGateway|InternetGateway|Resource|ServiceQuota)[A-Za-z]*Exceeded(?:Exception)?)",
    GALLEY_QUOTA,
    "a quota of the account is used up (\\1)",
    "delete what is not needed, or raise the quota in Service Quotas",
    "Error: operation error EKS: CreateCluster, https response error StatusCode: 400, RequestID: 0, "
    "ResourceLimitExceededException: Cluster limit exceeded for account" },
  { NULL, "\\bThrottling\\b|ThrottlingException|Rate exceeded|RequestLimitExceeded|TooManyRequestsException",
    GALLEY_THROTTLED,
    "AWS slows this account down", NULL,
    "Error: operation error CloudFormation: DescribeStacks, https response error StatusCode: 400, "
    "RequestID: 0, api error Throttling: Rate exceeded" },

  /* creating */
  { "eksctl", "availability zones: ([a-z0-9, -]*[a-z0-9])", GALLEY_INVALID,
    "EKS has no room in one of the zones; it offers \\1",
    "set the step's `zones` to two of these",
    "AWS::EKS::Cluster/ControlPlane: CREATE_FAILED – \"Cannot create cluster 'wandb' because us-east-1e, the "
    "targeted availability zone, does not currently have sufficient capacity to support the cluster. Retry "
    "and choose from these availability zones: us-east-1a, us-east-1b (Service: AmazonEKS; Status Code: 400; "
    "Error Code: UnsupportedAvailabilityZoneException)\"" },
  { "eksctl", "AlreadyExistsException: Stack \\[([^\\]]*)\\] already exists", GALLEY_CONFLICT,
    "the stack `\\1` is there already, made since the check or by an eksctl still at work", NULL,
    "creating CloudFormation stack \"eksctl-wandb-cluster\": operation error CloudFormation: CreateStack, "
    "https response error StatusCode: 400, RequestID: 0, AlreadyExistsException: Stack "
    "[eksctl-wandb-cluster] already exists" },
  { "eksctl", "InsufficientInstanceCapacity|UnfulfillableCapacity", GALLEY_TRANSIENT,
    "AWS has no instances of that type left in the zone",
    "try another `node_type` or other `zones`",
    "AWS::EKS::Nodegroup/ManagedNodeGroup: CREATE_FAILED – \"Could not launch On-Demand Instances. "
    "UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration.\"" },
  { "eksctl", "none of the provided AZs \"([^\"]*)\" support instance type ([a-z0-9.-]+)", GALLEY_INVALID,
    "the zones \\1 have no \\2",
    "choose another `node_type` or other `zones`",
    "Error: none of the provided AZs \"us-east-1e\" support instance type m5.large in nodegroup ng-1" },
  { "eksctl", "timed out waiting for at least (\\d+) nodes to join|Instances failed to join the kubernetes cluster|"
    "NodeCreationFailure", GALLEY_UNKNOWN,
    "the nodes started and did not join the cluster",
    "look at their route to the cluster (NAT, security groups) and at their role",
    "Error: timed out waiting for at least 2 nodes to join the cluster and become ready in \"ng-1\": "
    "context deadline exceeded" },
  { "eksctl", "timed out waiting for control plane \"([^\"]*)\" after (\\S+)", GALLEY_TRANSIENT,
    "the control plane of `\\1` was not there after \\2; AWS goes on making it",
    "give the step a longer `timeout`; the next attempt waits for what is being made",
    "Error: timed out waiting for control plane \"wandb\" after 25m0s" },
  { "eksctl", "exceeded max wait time for (\\w+) waiter", GALLEY_TRANSIENT,
    "eksctl's time was over before CloudFormation was done; AWS goes on",
    "give the step a longer `timeout`; the next attempt waits for what is being made",
    "Error: failed to create cluster \"wandb\": exceeded max wait time for StackCreateComplete waiter" },
  { "eksctl", "cannot perform Kubernetes API operations on cluster \"([^\"]*)\" in \"[^\"]*\" region due to "
    "status \"([^\"]*)\"", GALLEY_TRANSIENT,
    "cluster `\\1` is \\2, too early for that", NULL,
    "Error: cannot perform Kubernetes API operations on cluster \"wandb\" in \"us-east-1\" region due to "
    "status \"CREATING\"" },
  { "eksctl", "invalid version, (.*)|supported values: (.*)", GALLEY_INVALID,
    "eksctl does not know that Kubernetes version: \\1\\2",
    "choose one of these for `version`, or a newer eksctl",
    "Error: invalid version, supported values: 1.30, 1.31, 1.32, 1.33, 1.34" },

  /* IAM */
  { "eksctl", "without IAM OIDC provider enabled|no IAM OIDC provider associated with cluster", GALLEY_NOT_FOUND,
    "the cluster has no OIDC provider in IAM",
    "put a step `uses: eksctl.oidc_provider` before this one",
    "Error: unable to create iamserviceaccount(s) without IAM OIDC provider enabled" },
  { "eksctl", "no changes were applied|\\(plan\\) would", GALLEY_INVALID,
    "eksctl only planned and changed nothing", NULL,
    "[!]  no changes were applied, run again with '--approve' to apply the changes" },
  { "eksctl", "\"eks-pod-identity-agent\" addon must be installed", GALLEY_NOT_FOUND,
    "the add-on `eks-pod-identity-agent` is not on the cluster, and pod identities need it",
    "put a step `uses: eksctl.addon` with `name: eks-pod-identity-agent` before this one",
    "Error: the \"eks-pod-identity-agent\" addon must be installed to create pod identity associations; "
    "please enable it using `eksctl create addon --cluster=wandb --name=eks-pod-identity-agent`" },

  /* add-ons */
  { "eksctl", "addon status transitioned to \"(\\w+)\"", GALLEY_UNKNOWN,
    "the add-on became \\1",
    "its issues are in `eksctl get addon --name NAME`; often it has no node to run on",
    "Error: addon status transitioned to \"DEGRADED\"" },
  { "eksctl", "no versions available for \"([^\"]*)\"", GALLEY_INVALID,
    "EKS has no add-on `\\1` for this cluster",
    "`eksctl utils describe-addon-versions --cluster NAME` lists the ones there are",
    "Error: no versions available for \"nope\"" },
  { "eksctl", "already associated with a different IAM role", GALLEY_CONFLICT,
    "a service account of the add-on has another role already",
    "delete that pod identity association, or the service account's role",
    "Error: creating addon: one or more service accounts corresponding to \"aws-ebs-csi-driver\" addon is "
    "already associated with a different IAM role; please delete all pre-existing pod identity associations" },
  { "eksctl", "ConfigurationConflict|Conflicts found when trying to apply", GALLEY_CONFLICT,
    "something else has installed the add-on's objects already, perhaps helm",
    "remove that, or set `force: true`; do not mix both",
    "Issue: {Code:ConfigurationConflict Message:Conflicts found when trying to apply. Will not continue due "
    "to resolve conflicts mode. Conflicts: ServiceAccount ebs-csi-node-sa - .metadata.labels ResourceIDs:[]}" },

  /* deleting */
  { "eksctl", "DependencyViolation|has dependencies and cannot be deleted", GALLEY_CONFLICT,
    "something in the cluster's VPC is still used, mostly a load balancer or its security group",
    "delete it (`aws.leftovers` names it), and run this again",
    "AWS::EC2::VPC/VPC: DELETE_FAILED – \"The vpc 'vpc-1' has dependencies and cannot be deleted. "
    "(Service: AmazonEC2; Status Code: 400; Error Code: DependencyViolation)\"" },
  { "eksctl", "deadline surpassed waiting for AWS load balancers to be deleted: (.*)", GALLEY_CONFLICT,
    "a load balancer is still there: \\1",
    "delete the Kubernetes Service it belongs to, or it itself",
    "Error: deadline surpassed waiting for AWS load balancers to be deleted: a1b2c3" },
  { "eksctl", "(\\d+) pods are unevictable from node (\\S+)", GALLEY_CONFLICT,
    "\\1 pods on \\2 may not be evicted",
    "delete their pod disruption budget, or the pods",
    "[!]  2 pods are unevictable from node ip-192-168-1-2.ec2.internal" },
  { "eksctl", "failed to delete all resources|found the following undeleted stacks: (.*)", GALLEY_CONFLICT,
    "eksctl left stacks behind \\1",
    "their events in CloudFormation say why",
    "Error: failed to delete all resources" },
  { "aws", "cannot be deleted while TerminationProtection is enabled", GALLEY_INVALID,
    "the stack is protected against deletion",
    "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name NAME`",
    "An error occurred (ValidationError) when calling the DeleteStack operation: Stack "
    "[eksctl-wandb-cluster] cannot be deleted while TerminationProtection is enabled" },
  { NULL, "deletion protection", GALLEY_DENIED,
    "the cluster is protected against deletion",
    "`aws eks update-cluster-config --no-deletion-protection --name NAME`, if you mean it",
    "Error: operation error EKS: DeleteCluster, https response error StatusCode: 400, RequestID: 0, "
    "InvalidRequestException: Cannot delete cluster because deletion protection is enabled" },

  /* things that are not there, and the network */
  { NULL, "ResourceNotFoundException(?:\\)[^:]*)?: (.*)", GALLEY_NOT_FOUND,
    "\\1",
    "check the name, the region and the account",
    "Error: unable to describe control plane \"nope\": operation error EKS: DescribeCluster, https response "
    "error StatusCode: 404, RequestID: 0, ResourceNotFoundException: No cluster found for name: nope." },
  { "eksctl", "no eksctl-managed CloudFormation stacks found", GALLEY_NOT_FOUND,
    "eksctl finds no stack of its own for that cluster: made by other means, or CloudFormation may not be read",
    "check who made the cluster, and the rights to CloudFormation",
    "Error: no eksctl-managed CloudFormation stacks found for \"wandb\"" },
  { NULL, "AWS Region must be set|You must specify a region", GALLEY_INVALID,
    "no region is set", "give the step a `region`",
    "Error: AWS Region must be set, please set the AWS Region in AWS config file or as environment variable" },
  { "kubectl", "connection to the server (\\S+) was refused|Unable to connect to the server: (.*)",
    GALLEY_TRANSIENT,
    "no connection to the Kubernetes API: \\1\\2",
    "check the kubeconfig of the step and the network",
    "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?" },
  { "aws", "Could not connect to the endpoint URL: \"([^\"]*)\"|timeout on endpoint URL: \"([^\"]*)\"",
    GALLEY_TRANSIENT,
    "no answer from \\1\\2",
    "check the network, and AWS_ENDPOINT_URL and HTTPS_PROXY if they are set",
    "Could not connect to the endpoint URL: \"http://127.0.0.1:1/\"" },
  { "eksctl", "dial tcp ([^:]+:\\d+)?|connection reset by peer|i/o timeout|TLS handshake timeout|"
    "unexpected EOF|no such host", GALLEY_TRANSIENT,
    "the network failed \\1",
    "check the network, and AWS_ENDPOINT_URL and HTTPS_PROXY if they are set",
    "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: "
    "GetCallerIdentity, exceeded maximum number of attempts, 3, https response error StatusCode: 0, "
    "RequestID: , request send failed, Post \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: "
    "connection refused" },
  { "eksctl", "use of closed network connection|failed to decode response body", GALLEY_TRANSIENT,
    "the connection to AWS broke", NULL,
    "Error: could not create cluster provider from options: checking AWS STS access – cannot get role ARN "
    "for current session: operation error STS: GetCallerIdentity, https response error StatusCode: 200, "
    "RequestID: 0, deserialization failed, failed to decode response body, read tcp "
    "127.0.0.1:57374->127.0.0.1:47795: use of closed network connection" },
  { NULL, "InternalFailure|ServerException|ServiceUnavailable|StatusCode: 50[0234]", GALLEY_TRANSIENT,
    "AWS had an error of its own", NULL,
    "Error: operation error EKS: DescribeCluster, exceeded maximum number of attempts, 13, https response "
    "error StatusCode: 500, RequestID: 0, ServerException: The request processing has failed" },
  { 0 }
};
