/* The order counts: the first that matches is taken.
 * SPDX-License-Identifier: MIT */
#include "signatures.h"

#define SAYS(codes) "An error occurred \\((" codes ")\\)"

const struct galley_signature aws_signatures[] = {
  { "aws", "(?:ExpiredToken(?:Exception)?|RequestExpired)\\)", GALLEY_AUTH,
    "the AWS credentials have expired",
    "sign in again, then run the recipe again: what holds already is not done again",
    "An error occurred (ExpiredTokenException) when calling the DescribeCluster operation: "
    "The security token included in the request is expired" },
  { "aws", "SSO session associated with this profile has expired|Error loading SSO Token|"
    "Your session has expired\\. Please reauthenticate|Token has expired and refresh failed", GALLEY_AUTH,
    "the AWS sign-in session has expired",
    "run `aws sso login` (or `aws login`), then the recipe again",
    "The SSO session associated with this profile has expired or is otherwise invalid. "
    "To refresh this SSO session run aws sso login with the corresponding profile." },
  { "aws", "Unable to locate credentials", GALLEY_AUTH,
    "no AWS credentials are set",
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`",
    "Unable to locate credentials. You can configure credentials by running \"aws configure\"." },
  { "aws", "Partial credentials found in ([a-z-]+), missing: ([A-Za-z_]+)", GALLEY_AUTH,
    "the AWS credentials in \\1 are not whole: \\2 is missing",
    "set the access key and its secret together",
    "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY" },
  { "aws", "The config profile \\(([^)]*)\\) could not be found", GALLEY_AUTH,
    "there is no AWS profile `\\1`",
    "`aws configure list-profiles` shows the ones there are",
    "The config profile (nope) could not be found" },
  { "aws", "(?:InvalidClientTokenId|UnrecognizedClientException|AuthFailure|InvalidAccessKeyId|"
    "IncompleteSignature)\\)", GALLEY_AUTH,
    "AWS does not know these credentials",
    "check the access key, whether it is active, and whether the region is enabled for the account",
    "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: "
    "The security token included in the request is invalid" },
  { "aws", "(?:SignatureDoesNotMatch|InvalidSignatureException|RequestTimeTooSkewed)\\)", GALLEY_AUTH,
    "AWS rejects the signature: a wrong secret key, or a wrong clock",
    "check the secret access key, and this machine's clock",
    "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: "
    "The request signature we calculated does not match the signature you provided." },
  { "aws", "(?:AccessDenied(?:Exception)?|UnauthorizedOperation|Client\\.UnauthorizedOperation)\\).*"
    "not authorized to perform: ([A-Za-z0-9:*-]+)", GALLEY_DENIED,
    "the AWS identity may not do `\\1`",
    "have that action allowed in IAM (and not denied by an organization's policy)",
    "An error occurred (AccessDeniedException) when calling the DescribeCluster operation: User: "
    "arn:aws:sts::123456789012:user/moto is not authorized to perform: eks:DescribeCluster because no "
    "identity-based policy allows the eks:DescribeCluster action" },
  { "aws", SAYS ("AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError")
    " when calling the ([A-Za-z0-9]+) operation", GALLEY_DENIED,
    "the AWS identity may not do `\\2`",
    "have that action allowed in IAM (and not denied by an organization's policy)",
    "An error occurred (UnauthorizedOperation) when calling the DescribeVolumes operation: "
    "You are not authorized to perform this operation." },
  { "aws", "(?:OptInRequired|SubscriptionRequiredException)\\)", GALLEY_DENIED,
    "the account is not signed up for this service or region",
    "enable the region or the service in the AWS console",
    "An error occurred (OptInRequired) when calling the DescribeVolumes operation: "
    "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe." },
  { "aws", "(?:Throttling|ThrottlingException|ThrottledException|RequestThrottled|RequestThrottledException|"
    "TooManyRequestsException|RequestLimitExceeded|SlowDown|EC2ThrottledException|"
    "PriorRequestNotComplete|BandwidthLimitExceeded)\\)|Rate exceeded", GALLEY_THROTTLED,
    "AWS slows this account down", NULL,
    "An error occurred (ThrottlingException) when calling the DescribeCluster operation "
    "(reached max retries: 4): Rate exceeded" },
  { "aws", "UnsupportedAvailabilityZoneException\\).*availability zones: ([a-z0-9, -]+[a-z0-9])", GALLEY_INVALID,
    "EKS has no room in that availability zone; it offers \\1",
    "name two of these zones",
    "An error occurred (UnsupportedAvailabilityZoneException) when calling the CreateCluster operation: "
    "Cannot create cluster 'wandb' because us-east-1e, the targeted availability zone, does not currently "
    "have sufficient capacity to support the cluster. Retry and choose from these availability zones: "
    "us-east-1a, us-east-1b" },
  { "aws", SAYS ("[A-Za-z.]*(?:LimitExceeded(?:Exception)?|ServiceQuotaExceededException)") "[^:]*: (.*)", GALLEY_QUOTA,
    "a quota of the account is used up: \\2",
    "delete what is not needed, or ask for more in Service Quotas",
    "An error occurred (VpcLimitExceeded) when calling the CreateVpc operation: "
    "The maximum number of VPCs has been reached." },
  { "aws", SAYS ("ResourceInUseException|ResourcePropagationDelayException|[A-Za-z]*DependencyViolation|"
                 "OperationInProgressException|ConcurrentModificationException|DeleteConflict") "[^:]*: (.*)",
    GALLEY_CONFLICT,
    "something else holds it: \\2", NULL,
    "An error occurred (ResourceInUseException) when calling the DeleteCluster operation: "
    "Cluster has nodegroups attached" },
  { "aws", SAYS ("ResourceNotFoundException|NoSuchEntity|[A-Za-z.]*NotFound[A-Za-z]*|NoSuch[A-Za-z]*")
    "[^:]*: (.*)", GALLEY_NOT_FOUND,
    "\\2",
    "check the name, the region and the account",
    "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: "
    "No cluster found for name: nope." },
  { "aws", SAYS ("ValidationError") "[^:]*: (Stack with id \\S+ does not exist)", GALLEY_NOT_FOUND,
    "\\2",
    "check the name, the region and the account",
    "An error occurred (ValidationError) when calling the DescribeStacks operation: "
    "Stack with id nope does not exist" },
  { "aws", "cannot be deleted while TerminationProtection is enabled", GALLEY_INVALID,
    "the stack is protected against deletion",
    "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name NAME`",
    "An error occurred (ValidationError) when calling the DeleteStack operation: Stack "
    "[eksctl-wandb-cluster] cannot be deleted while TerminationProtection is enabled" },
  { "aws", SAYS ("Validation[A-Za-z]*|InvalidParameter[A-Za-z]*|InvalidRequest[A-Za-z]*|MalformedPolicyDocument|"
                 "InvalidInput[A-Za-z]*") "[^:]*: (.*)", GALLEY_INVALID,
    "AWS does not take it: \\2", NULL,
    "An error occurred (InvalidParameterException) when calling the CreateAddon operation: "
    "Addon nope specified is not supported" },
  { "aws", SAYS ("ServerException|ServiceUnavailable[A-Za-z]*|InternalFailure|InternalError|"
                 "InternalServer[A-Za-z]*|RequestTimeout[A-Za-z]*|50[0234]|TransactionInProgressException"),
    GALLEY_TRANSIENT,
    "AWS had an error of its own (\\1)", NULL,
    "An error occurred (ServerException) when calling the DescribeCluster operation "
    "(reached max retries: 4): The request processing has failed because of an unknown error." },
  { "aws", "Could not connect to the endpoint URL: \"([^\"]*)\"", GALLEY_TRANSIENT,
    "no connection to \\1",
    "check the network, the region's name, and AWS_ENDPOINT_URL and HTTPS_PROXY if they are set",
    "Could not connect to the endpoint URL: \"http://127.0.0.1:1/clusters/a\"" },
  { "aws", "(?:Connect|Read) timeout on endpoint URL: \"([^\"]*)\"", GALLEY_TRANSIENT,
    "no answer from \\1 in time",
    "check the network, and HTTPS_PROXY if it is set",
    "Read timeout on endpoint URL: \"https://eks.us-east-1.amazonaws.com/clusters/wandb\"" },
  { "aws", "Failed to connect to proxy URL: \"([^\"]*)\"", GALLEY_TRANSIENT,
    "no connection to the proxy \\1",
    "check HTTPS_PROXY and NO_PROXY",
    "Failed to connect to proxy URL: \"http://127.0.0.1:1\"" },
  { "aws", "SSL validation failed for (\\S+)", GALLEY_INVALID,
    "the certificate of \\1 is not trusted",
    "set AWS_CA_BUNDLE when a proxy has its own authority; check the clock",
    "SSL validation failed for https://sts.us-east-1.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED] "
    "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)" },
  { "aws", "Connection was closed before we received a valid response|Connection reset by peer|"
    "Connection broken: IncompleteRead", GALLEY_TRANSIENT,
    "the connection to AWS broke", NULL,
    "Connection was closed before we received a valid response from endpoint URL: "
    "\"https://eks.us-east-1.amazonaws.com/clusters/wandb\"." },
  { "aws", "You must specify a region|Provided region_name '([^']*)' doesn't match", GALLEY_INVALID,
    "no region is set, or its name is not one",
    "give the step a `region`, or set AWS_REGION",
    "You must specify a region. You can also configure your region by running \"aws configure\"." },
  { "aws", "Unknown options: (.*)|unrecognized arguments: (.*)", GALLEY_INVALID,
    "this aws does not know the option \\1\\2",
    "check the spelling; a newer aws may know it",
    "Unknown options: --bogus" },
  { "aws", "argument (\\S+): (Invalid choice|expected one argument|invalid choice)|"
    "the following arguments are required: (.*)|Parameter validation failed", GALLEY_INVALID,
    "aws does not take these arguments", NULL,
    "aws: error: the following arguments are required: --name" },
  { 0 }
};
